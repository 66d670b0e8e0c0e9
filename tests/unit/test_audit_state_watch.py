"""A watch compares what blocks wrote with the state of a peer, and everything now and then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from grpc import StatusCode
from story import DOMAIN, SCHEME

from fabric_gateway import ErrorDetail, EvaluateError
from fabric_gateway.blocks import Block
from kindpakket.auditor import state_watch
from kindpakket.auditor.differences import Difference
from kindpakket.auditor.personal_data import PersonalDataScan
from kindpakket.auditor.reading import Reading
from kindpakket.auditor.state import State
from kindpakket.auditor.state_watch import StateWatch
from kindpakket.ledger.reader import Reader
from kindpakket.ledger.refusals import RoleRequired
from signed_town import SignedTown, voucher_id

VOUCHER = voucher_id(0)
VOUCHER_KEY = f"voucher/{SCHEME}/{VOUCHER}"


class Peer:
    """A peer that keeps what blocks write, and answers from it.

    Attributes:
        state: the records, by key; a test may change them.
        asked: the keys that were asked for.
        height: its number of blocks.
        moves: so many blocks arrive during the next query.
        away: whether it does not answer.
    """

    channel, chaincode = DOMAIN.channel, DOMAIN.chaincode

    def __init__(self, town: SignedTown) -> None:
        self._town = town
        self.state: dict[str, Any] = {}
        self.asked: list[str] = []
        self.height = self.moves = 0
        self.away = False

    def ledger_height(self) -> int:
        if self.away:
            raise EvaluateError("the peer cannot be reached", status=StatusCode.UNAVAILABLE)
        return self.height

    def take(self, message: Any) -> None:
        """Commit the next block."""
        for transaction in Block.decode(message).transactions:
            for write in transaction.writes(DOMAIN.chaincode):
                self.state.pop(write.key, None)
                if write.value is not None:
                    self.state[write.key] = json.loads(write.value)
        self.height += 1

    def evaluate(self, name: str, *arguments: str | bytes, **_: Any) -> bytes:
        request = json.loads(arguments[0])
        kind = name.partition(":")[0]
        key = "/".join([kind, *(request[member] for member in ("scheme", kind) if member in request)])
        self.asked.append(key)
        self.height, self.moves = self.height + self.moves, 0
        if key not in self.state:
            raise refused(f"{kind.upper()}_NOT_FOUND: there is none {{}}")
        return json.dumps(self.state[key]).encode()

    submit = evaluate


def refused(sentence: str) -> EvaluateError:
    """A refusal of the chaincode, as the gateway gives it."""
    detail = ErrorDetail("127.0.0.1:7051", "AuditorMSP", f"chaincode response 500, {sentence}")
    return EvaluateError("refused", status=StatusCode.ABORTED, details=(detail,))


class Watched:
    """A town, an auditor's peer, and a watch that has compared everything once."""

    def __init__(self, where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.town = SignedTown()
        self.peer = Peer(self.town)
        self.seconds = 0.0
        self.whole = 0
        self.differing: list[Difference] = []
        monkeypatch.setattr(state_watch, "differences", self._everything)
        self.reading = Reading(State(where), DOMAIN, PersonalDataScan(()))
        reader = Reader(self.peer)
        self.watch = StateWatch(
            self.reading, reader, self.peer.ledger_height, every=60, clock=lambda: self.seconds
        )
        for message in self.town.begin():
            self.take(message)

    def _everything(self, *_: Any) -> Iterator[Difference]:
        """In place of the lists of everything, which other tests compare."""
        self.whole += 1
        self.peer.height, self.peer.moves = self.peer.height + self.peer.moves, 0
        yield from self.differing

    def take(self, message: Any) -> None:
        """The peer and the audit take in a block."""
        self.peer.take(message)
        assert self.reading.add(message) == []
        self.reading.commit()
        self.watch.note(message)

    def pay(self) -> str:
        """A payment in a block of its own; its key."""
        payment = self.town.pay()
        for message in self.town.seal():
            self.take(message)
        return f"payment/{payment}"

    def rules(self) -> list[tuple[str, int | None]]:
        """What the next look finds."""
        found = self.watch.look()
        assert found is not None
        return [(one.rule, one.cents) for one in found]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    made = Watched(tmp_path / "state.db", monkeypatch)
    assert (made.rules(), made.whole) == ([], 1)
    yield made
    made.reading.state.close()


def test_only_what_a_block_wrote_is_asked_for(watched: Watched) -> None:
    for _ in range(3):
        payment = watched.pay()
        assert watched.rules() == []
        assert sorted(watched.peer.asked) == [payment, VOUCHER_KEY]
        watched.peer.asked.clear()
    assert watched.rules() == []
    assert (watched.peer.asked, watched.whole) == ([], 1)
    assert watched.watch.height == watched.reading.state.progress["compared"] == watched.peer.height


def test_a_record_that_differs_is_told_with_its_cents(watched: Watched) -> None:
    before = watched.peer.height
    watched.pay()
    watched.peer.state[VOUCHER_KEY]["available_cents"] += 1
    assert watched.rules() == [("state/voucher", 1)]
    assert watched.rules() == [], "once"
    watched.pay()
    assert watched.rules() == [], "the block wrote the right one"
    assert watched.watch.differences == 1
    assert watched.reading.state.progress["compared"] == before, "the next run compares anew what differed"


def test_a_record_that_is_missing_or_too_many_is_told(watched: Watched) -> None:
    payment = watched.pay()
    del watched.peer.state[payment]
    assert watched.rules() == [("state/payment", None)]
    invalid = watched.town.pay()
    (message,) = watched.town.seal(flags=[11])
    watched.peer.take(message)
    # A peer that calls a payment invalid, and keeps what it wrote.
    watched.reading.chain.add(Block.decode(message))
    watched.watch.note(message)
    found = watched.watch.look()
    assert found is not None
    assert any(invalid in one.sentence and one.rule == "state/payment" for one in found)


def test_what_differs_while_a_block_arrives_is_asked_for_again(watched: Watched) -> None:
    watched.pay()
    watched.peer.state[VOUCHER_KEY]["available_cents"] += 1
    watched.peer.moves = 1
    assert watched.watch.look() is None
    assert watched.watch.look() is None, "the peer has a block that was not read yet"
    watched.peer.height -= 1
    watched.peer.asked.clear()
    assert watched.rules() == [("state/voucher", 1)]
    assert watched.peer.asked == [VOUCHER_KEY], "the payment had agreed"


def test_a_peer_that_does_not_answer_is_asked_again(watched: Watched) -> None:
    payment = watched.pay()
    watched.peer.away = True
    assert watched.watch.look() is None
    assert "cannot be reached" in watched.watch.error
    watched.peer.away = False
    assert watched.rules() == []
    assert sorted(watched.peer.asked) == [payment, VOUCHER_KEY]
    assert watched.watch.error == ""


def test_everything_is_compared_again_after_a_time(watched: Watched) -> None:
    watched.seconds = 59
    watched.pay()
    assert (watched.rules(), watched.whole) == ([], 1)
    watched.seconds = 60
    watched.peer.asked.clear()
    watched.differing = [Difference(f"voucher {VOUCHER}", "available_cents", 5, 8)]
    assert (watched.rules(), watched.whole) == ([("state/voucher", 3)], 2)
    assert watched.peer.asked == []


def test_blocks_that_never_stop_are_an_uncertainty(watched: Watched) -> None:
    watched.seconds = 60
    for _ in range(4):
        watched.peer.moves = 1
        assert watched.watch.look() is None
        watched.peer.height -= 1
    watched.peer.moves = 1
    found = watched.watch.look()
    assert found is not None
    assert [(one.rule, one.kind) for one in found] == [("state/not-compared", "uncertainty")]
    watched.peer.height -= 1
    assert (watched.rules(), watched.whole) == ([], 6)


def test_after_many_records_everything_is_compared_by_lists(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_watch, "_MANY", 2)
    watched.pay()
    watched.pay()
    assert (watched.rules(), watched.whole, watched.peer.asked) == ([], 2, [])


def test_other_refusals_are_raised(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> bytes:
        raise refused("ROLE_REQUIRED: only an auditor may do this {}")

    watched.pay()
    monkeypatch.setattr(watched.peer, "evaluate", refuse)
    with pytest.raises(RoleRequired):
        watched.watch.look()
