"""An outbox remembers how a request ended, and takes for final only what is certain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fabric_helpers import IMPATIENT, Boxes
from grpc import StatusCode

from fabric_gateway import (
    CommitError,
    Deadlines,
    EndorseError,
    ErrorDetail,
    Outbox,
    OutboxEntry,
    SubmitError,
    UnknownOutcome,
)
from fabric_gateway.outbox._store import OutboxStore
from fabric_gateway.testing import MemoryGateway

FORBIDDEN = "received unsuccessful response from orderer: status=FORBIDDEN, info=no"


def test_a_refusal_by_the_chaincode_is_final_and_told_again_in_its_words(
    contract: Any, boxes: Boxes, memory: MemoryGateway
) -> None:
    with boxes() as outbox:
        errors = []
        for _ in range(2):
            with pytest.raises(EndorseError) as caught:
                outbox.submit(contract, "r1", "Nonsense")
            errors.append(caught.value)
        assert outbox.pending() == ()
        assert outbox.get("r1").state == "refused"
    assert memory.calls == ["Endorse"]
    assert errors[0].chaincode_message == "NO_SUCH_FUNCTION: there is no Nonsense\n{}"
    assert str(errors[0]) == str(errors[1])
    assert (errors[0].status, errors[0].details) == (errors[1].status, errors[1].details)


@pytest.mark.parametrize(
    ("status", "reason", "details"),
    [
        (StatusCode.PERMISSION_DENIED, "access denied", ()),
        (
            StatusCode.ABORTED,
            "failed to collect enough transaction endorsements",
            (ErrorDetail("peer1:7051", "Org2MSP", "chaincode response 500, NO: not here"),),
        ),
        (StatusCode.FAILED_PRECONDITION, "no combination of peers can be derived", ()),
    ],
)
def test_what_is_not_the_chaincodes_own_refusal_can_still_succeed(
    gateway: Any,
    contract: Any,
    boxes: Boxes,
    memory: MemoryGateway,
    status: StatusCode,
    reason: str,
    details: tuple[ErrorDetail, ...],
) -> None:
    memory.fail("Endorse", status, reason, details=details, times=100)
    with boxes() as outbox:
        with pytest.raises(EndorseError):
            outbox.submit(contract, "r1", "Add", "a", "5", deadlines=Deadlines(endorse=0.3))
        assert outbox.get("r1").state == "requested"
        memory.forget_faults()
        (resumed,) = outbox.resume(gateway)
    assert (resumed.error, memory.get("a")) == (None, b"5")


def test_a_certain_refusal_of_the_first_offer_is_final(
    contract: Any, boxes: Boxes, memory: MemoryGateway
) -> None:
    memory.fail("Submit", StatusCode.ABORTED, FORBIDDEN)
    with boxes() as outbox:
        for _ in range(2):
            with pytest.raises(SubmitError, match="status=FORBIDDEN"):
                outbox.submit(contract, "r1", "Add", "a", "5")
        entry = outbox.get("r1")
    assert (entry.state, entry.envelope) == ("refused", None)
    assert memory.calls == ["Endorse", "Submit"]


def test_a_refusal_of_a_later_offer_proves_nothing(
    gateway: Any, contract: Any, boxes: Boxes, memory: MemoryGateway
) -> None:
    """The process that offered it first may have died after the orderers had taken it."""
    memory.hold()
    with boxes() as outbox:
        with pytest.raises(UnknownOutcome):
            outbox.submit(contract, "r1", "Add", "a", "5", deadlines=IMPATIENT)
        memory.fail("Submit", StatusCode.ABORTED, FORBIDDEN, times=100)
        (resumed,) = outbox.resume(gateway, deadlines=IMPATIENT)
        assert isinstance(resumed.error, UnknownOutcome)
        assert resumed.entry.state == "endorsed"
        memory.release()
        assert outbox.submit(contract, "r1", "Add", "a", "5") == b"5"


def test_a_refusal_is_not_certain_when_somebody_else_has_offered_the_envelope(
    memory: MemoryGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endorsed = OutboxStore.endorsed

    def overtaken(store: OutboxStore, entry: OutboxEntry, *transaction: Any) -> bool:
        done = endorsed(store, entry, *transaction)
        (kept,) = store.pending()
        return done and store.offering_again(kept)

    monkeypatch.setattr(OutboxStore, "endorsed", overtaken)
    memory.fail("Submit", StatusCode.ABORTED, FORBIDDEN)
    with memory.connect() as gateway, Outbox(tmp_path / "outbox.db") as outbox:
        contract = gateway.network("channel").contract("ledger")
        with pytest.raises(UnknownOutcome):
            outbox.submit(contract, "r1", "Add", "a", "5")
        assert [entry.state for entry in outbox.pending()] == ["endorsed"]
        assert outbox.submit(contract, "r1", "Add", "a", "5") == b"5"


def test_an_invalid_transaction_is_final(contract: Any, boxes: Boxes, memory: MemoryGateway) -> None:
    memory.invalidate("ENDORSEMENT_POLICY_FAILURE")
    with boxes() as outbox:
        for _ in range(2):
            with pytest.raises(CommitError) as caught:
                outbox.submit(contract, "r1", "Add", "a", "5", conflict_attempts=5)
            assert (caught.value.code, caught.value.block_number) == ("ENDORSEMENT_POLICY_FAILURE", 1)
        assert outbox.get("r1").state == "invalid"
    assert memory.calls.count("Endorse") == 1


def test_a_read_conflict_is_proposed_anew_only_if_asked(
    contract: Any, boxes: Boxes, memory: MemoryGateway
) -> None:
    with boxes() as outbox:
        memory.invalidate("MVCC_READ_CONFLICT")
        with pytest.raises(CommitError, match="MVCC_READ_CONFLICT"):
            outbox.submit(contract, "r1", "Add", "a", "5")
        memory.invalidate("PHANTOM_READ_CONFLICT")
        assert outbox.submit(contract, "r2", "Add", "a", "5", conflict_attempts=2) == b"5"
        entry = outbox.get("r2")
    assert (entry.attempt, entry.state) == (2, "valid")
    assert memory.calls.count("Endorse") == 3


def test_conflicts_are_noted_and_attempts_end(contract: Any, boxes: Boxes, memory: MemoryGateway) -> None:
    with boxes() as outbox:
        memory.invalidate("MVCC_READ_CONFLICT", times=2)
        with pytest.raises(CommitError, match="MVCC_READ_CONFLICT"):
            outbox.submit(contract, "r1", "Add", "a", "5", conflict_attempts=2)
        entry = outbox.get("r1")
    assert (entry.attempt, entry.state) == (2, "invalid")
    assert [each.code for each in entry.conflicts] == ["MVCC_READ_CONFLICT"]
    assert entry.conflicts[0].transaction_id != entry.transaction_id


def test_a_duplicate_is_no_answer(gateway: Any, contract: Any, boxes: Boxes, memory: MemoryGateway) -> None:
    """`DUPLICATE_TXID` says that another copy was first: what became of that one is asked."""
    memory.invalidate("DUPLICATE_TXID")
    with boxes() as outbox, pytest.raises(UnknownOutcome):
        outbox.submit(contract, "r1", "Add", "a", "5")
