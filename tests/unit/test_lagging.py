"""A request about which peers differ is submitted again; a refusal is not."""

from __future__ import annotations

import pytest
from grpc import StatusCode

from fabric_gateway import EndorseError, ErrorDetail
from kindpakket.ledger.lagging import until_peers_agree

COLLECTING = "failed to collect enough transaction endorsements, see attached details for more info"
FIRST = "failed to endorse transaction, see attached details for more info"
REFUSAL = "chaincode response 500, NOT_FOUND: there is no voucher"


class Answers:
    """Refuses a number of times before it answers, and notes the pauses between."""

    def __init__(self, times: int, reason: str = COLLECTING, words: str = REFUSAL) -> None:
        self.left = times
        self.calls = 0
        self.pauses: list[float] = []
        self._error = EndorseError(
            reason, status=StatusCode.ABORTED, details=(ErrorDetail("peer1:7051", "WinkelsMSP", words),)
        )

    def submit(self) -> str:
        self.calls += 1
        self.left -= 1
        if self.left >= 0:
            raise self._error
        return "answer"


def test_a_peer_that_is_a_block_behind_is_asked_again() -> None:
    answers = Answers(3)
    assert until_peers_agree(answers.submit, wait=answers.pauses.append) == "answer"
    assert answers.calls == 4
    assert answers.pauses == sorted(answers.pauses)


def test_peers_that_keep_differing_end_it() -> None:
    answers = Answers(100)
    with pytest.raises(EndorseError):
        until_peers_agree(answers.submit, wait=answers.pauses.append)
    assert answers.calls == len(answers.pauses) + 1
    assert sum(answers.pauses) < 5


@pytest.mark.parametrize(
    ("answers", "organisations"),
    [
        (Answers(1, reason=FIRST), ()),
        (Answers(1), ("WinkelsMSP",)),
        (Answers(1, words="ProposalResponsePayloads do not match"), ()),
    ],
    ids=["the first peer refuses", "all who were named refuse", "the SDK repeats it itself"],
)
def test_what_is_no_such_difference_is_raised_at_once(
    answers: Answers, organisations: tuple[str, ...]
) -> None:
    with pytest.raises(EndorseError):
        until_peers_agree(answers.submit, organisations, wait=answers.pauses.append)
    assert (answers.calls, answers.pauses) == (1, [])
