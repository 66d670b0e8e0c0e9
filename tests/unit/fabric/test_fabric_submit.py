"""A submit whose outcome is not clear is made certain, with the same transaction and never with a new one."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from grpc import StatusCode

from fabric_gateway import Deadlines, ErrorDetail, SubmitError, UnknownOutcome
from fabric_gateway._flows import endorsed
from fabric_gateway.testing import MemoryGateway

QUORUM = (
    "insufficient number of orderers could successfully process transaction to satisfy quorum requirement"
)


def orderers(*words: str) -> tuple[ErrorDetail, ...]:
    return tuple(ErrorDetail(f"orderer{n}:7050", f"Org{n}MSP", said) for n, said in enumerate(words, 1))


def refusal(status: str, info: str) -> str:
    return f"received unsuccessful response from orderer: status={status}, info={info}"


FORBIDDEN = refusal("FORBIDDEN", "implicit policy evaluation failed - 0 sub-policies: 'Writers' sub-policies")
PROCESSED = refusal("SERVICE_UNAVAILABLE", "failed to submit request: request already processed")


def one_endorsement(memory: MemoryGateway) -> bool:
    return memory.calls.count("Endorse") == 1


def test_a_lost_answer_of_an_accepted_submit_is_resolved_by_the_commit_status(
    contract: Any, memory: MemoryGateway
) -> None:
    memory.fail("Submit", StatusCode.UNAVAILABLE, "connection reset", after=True)
    assert contract.submit("Add", "a", "5") == b"5"
    assert memory.calls == ["Endorse", "Submit", "CommitStatus"]


def test_a_submit_without_an_answer_is_resolved_by_the_commit_status(
    contract: Any, memory: MemoryGateway
) -> None:
    memory.hang("Submit", after=True)
    assert contract.submit("Add", "a", "5", deadlines=Deadlines(submit=0.2, resolve=60)) == b"5"
    assert memory.calls == ["Endorse", "Submit", "CommitStatus"]


def test_already_processed_on_bft_is_resolved_by_the_commit_status(
    contract: Any, memory: MemoryGateway
) -> None:
    memory.fail("Submit", StatusCode.UNAVAILABLE, QUORUM, details=orderers(PROCESSED, PROCESSED), after=True)
    assert contract.submit("Add", "a", "5") == b"5"
    assert one_endorsement(memory)


def test_a_submit_that_was_never_ordered_is_offered_again_in_the_same_envelope(
    contract: Any, memory: MemoryGateway
) -> None:
    memory.fail("Submit", StatusCode.UNAVAILABLE, "no orderer nodes available")
    assert contract.submit("Add", "a", "5", deadlines=Deadlines(resolve=60)) == b"5"
    assert memory.calls == ["Endorse", "Submit", "CommitStatus", "Submit", "CommitStatus"]
    assert memory.get("a") == b"5"


def test_an_overloaded_submit_is_offered_again_at_once(contract: Any, memory: MemoryGateway) -> None:
    overload = "too many requests for /gateway.Gateway, exceeding concurrency limit (500)"
    memory.fail("Submit", StatusCode.UNKNOWN, overload, times=2)
    assert contract.submit("Add", "a", "5") == b"5"
    assert memory.calls == ["Endorse", "Submit", "Submit", "Submit", "CommitStatus"]


def test_an_unclear_submit_of_an_invalid_transaction_is_a_certain_no(
    contract: Any, memory: MemoryGateway
) -> None:
    transaction = contract.proposal("Add", "a", "5").endorse()
    contract.submit("Add", "a", "1")
    memory.fail("Submit", StatusCode.DEADLINE_EXCEEDED, "too slow", after=True)
    status = transaction.submit().status()
    assert status.code == "MVCC_READ_CONFLICT"


def test_a_status_that_came_with_the_resolution_is_not_asked_again(
    contract: Any, memory: MemoryGateway
) -> None:
    memory.fail("Submit", StatusCode.UNAVAILABLE, after=True)
    submitted = contract.submit_async("Add", "a", "5")
    calls = len(memory.calls)
    assert submitted.status().successful
    assert submitted.status().block_number == 1
    assert len(memory.calls) == calls


def test_the_policy_of_the_channel_refuses_for_certain_on_raft(contract: Any, memory: MemoryGateway) -> None:
    memory.fail("Submit", StatusCode.ABORTED, FORBIDDEN)
    with pytest.raises(SubmitError) as caught:
        contract.submit("Add", "a", "5")
    assert (caught.value.forbidden, caught.value.refused) == (True, True)
    assert memory.calls == ["Endorse", "Submit"]


def test_the_policy_of_the_channel_refuses_for_certain_on_bft(contract: Any, memory: MemoryGateway) -> None:
    memory.fail("Submit", StatusCode.UNAVAILABLE, QUORUM, details=orderers(FORBIDDEN, FORBIDDEN))
    with pytest.raises(SubmitError) as caught:
        contract.submit("Add", "a", "5")
    error = caught.value
    assert (error.forbidden, error.refused, error.retryable, error.already_submitted) == (
        True,
        True,
        False,
        False,
    )
    assert memory.calls == ["Endorse", "Submit"]


def test_an_orderer_that_has_not_joined_the_channel_yet_is_offered_it_again(
    contract: Any, memory: MemoryGateway
) -> None:
    memory.fail("Submit", StatusCode.ABORTED, refusal("BAD_REQUEST", "channel does not exist"), times=2)
    assert contract.submit("Add", "a", "5") == b"5"
    assert memory.calls[:4] == ["Endorse", "Submit", "Submit", "Submit"]


def test_an_orderer_that_never_joins_the_channel_is_a_certain_refusal(
    contract: Any, memory: MemoryGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An offer that the deadline cuts off would leave the outcome unknown: the last pause lasts until then.
    monkeypatch.setattr(endorsed, "backoff", lambda attempt: 0.05 if attempt < 4 else 60)
    memory.fail("Submit", StatusCode.ABORTED, refusal("BAD_REQUEST", "channel does not exist"), times=1000)
    with pytest.raises(SubmitError, match="channel does not exist") as caught:
        contract.submit("Add", "a", "5", deadlines=Deadlines(resolve=5))
    assert memory.calls.count("Submit") > 3
    assert (caught.value.refused, caught.value.consenter_joining) == (True, True)


def test_what_an_orderer_accepted_and_lost_is_offered_again(
    contract: Any, memory: MemoryGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endorsed, "_LOST_AFTER", 0.2)
    memory.lose(times=2)
    assert contract.submit("Add", "a", "5") == b"5"
    assert one_endorsement(memory)
    assert memory.calls.count("Submit") == 3
    assert memory.get("a") == b"5"


def test_what_is_lost_each_time_has_an_unknown_outcome(
    contract: Any, network: Any, memory: MemoryGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endorsed, "_LOST_AFTER", 0.2)
    memory.lose(times=1000)
    with pytest.raises(UnknownOutcome) as caught:
        contract.submit("Add", "a", "5", deadlines=Deadlines(commit_status=1))
    assert memory.calls.count("Submit") == 3
    memory.forget_faults()
    network.transaction_from(caught.value.envelope).submit().status()
    assert memory.get("a") == b"5"


def test_one_refusing_orderer_among_unreachable_ones_proves_nothing(
    contract: Any, memory: MemoryGateway
) -> None:
    details = orderers(FORBIDDEN, "rpc error: code = Unavailable desc = connection refused")
    memory.fail("Submit", StatusCode.UNAVAILABLE, QUORUM, details=details, after=True)
    assert contract.submit("Add", "a", "5") == b"5"


def test_a_refusal_after_an_unclear_offer_proves_nothing(contract: Any, memory: MemoryGateway) -> None:
    memory.fail("Submit", StatusCode.UNAVAILABLE, "connection reset")
    memory.fail("Submit", StatusCode.ABORTED, FORBIDDEN, times=100)
    for seconds in (3, 20, 60):  # a busy machine may not make the second offer in time
        with pytest.raises(UnknownOutcome) as caught:
            contract.submit("Add", str(seconds), "5", deadlines=Deadlines(resolve=seconds))
        if isinstance(caught.value.__cause__, SubmitError) and caught.value.__cause__.forbidden:
            break
        memory.forget_faults()
        memory.fail("Submit", StatusCode.UNAVAILABLE, "connection reset")
        memory.fail("Submit", StatusCode.ABORTED, FORBIDDEN, times=100)
    cause = caught.value.__cause__
    assert isinstance(cause, SubmitError)
    assert cause.forbidden


def test_what_stays_unknown_can_be_resolved_later(contract: Any, network: Any, memory: MemoryGateway) -> None:
    memory.fail("Submit", StatusCode.UNAVAILABLE, "no orderer nodes available", times=100)
    with pytest.raises(UnknownOutcome, match="do not propose it anew") as caught:
        contract.submit("Add", "a", "5", deadlines=Deadlines(resolve=0.5))
    unknown = caught.value
    assert one_endorsement(memory)
    assert isinstance(unknown.__cause__, SubmitError)
    memory.forget_faults()
    transaction = network.transaction_from(unknown.envelope)
    assert transaction.transaction_id == unknown.transaction_id
    assert transaction.submit().status().successful
    assert network.commit(unknown.transaction_id).status().successful
    assert memory.get("a") == b"5"


def test_a_commit_that_is_not_seen_in_time_is_an_unknown_outcome(
    contract: Any, network: Any, memory: MemoryGateway
) -> None:
    memory.hold()
    with pytest.raises(UnknownOutcome) as caught:
        contract.submit("Add", "a", "5", deadlines=Deadlines(commit_status=0.2))
    memory.release()
    assert network.commit(caught.value.transaction_id).status().successful
    assert pickle.loads(pickle.dumps(caught.value)).envelope == caught.value.envelope  # noqa: S301
