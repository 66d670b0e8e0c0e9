"""An outbox does each request once, whoever resumes it, and keeps no more than it says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fabric_helpers import AMPLE, IMPATIENT, Boxes
from grpc import StatusCode

from fabric_gateway import EndorseError, Outbox, OutboxConflict, OutboxWaiting, UnknownOutcome, aio
from fabric_gateway.testing import MemoryGateway, make_identity


def test_a_request_is_done_once_however_often_it_is_submitted(
    contract: Any, boxes: Boxes, memory: MemoryGateway
) -> None:
    with boxes() as outbox:
        assert [outbox.submit(contract, "r1", "Add", "a", "5") for _ in range(3)] == [b"5"] * 3
        assert memory.calls == ["Endorse", "Submit", "CommitStatus"]
    with boxes() as outbox:
        assert outbox.submit(contract, "r1", "Add", "a", "5") == b"5"
        assert outbox.submit(contract, "r2", "Add", "a", "5") == b"10"
        entry = outbox.get("r1")
    assert (entry.state, entry.code, entry.block_number, entry.result) == ("valid", "VALID", 1, b"5")
    assert (entry.name, entry.arguments, entry.finished) == ("Add", (b"a", b"5"), True)


@pytest.mark.parametrize("call", [("Add", "a", "6"), ("Add", "a"), ("Show", "a", "5"), ("Add", "a5", "")])
def test_a_request_id_stands_for_one_call(
    contract: Any, boxes: Boxes, memory: MemoryGateway, call: tuple[str, ...]
) -> None:
    with boxes() as outbox:
        outbox.submit(contract, "r1", "Add", "a", "5")
        with pytest.raises(OutboxConflict, match=r"'r1' is already in outbox .* with other content"):
            outbox.submit(contract, "r1", *call)
    assert memory.calls.count("Endorse") == 1


def test_nothing_is_sent_before_the_envelope_is_kept(
    contract: Any, boxes: Boxes, memory: MemoryGateway
) -> None:
    memory.hold()
    with boxes() as outbox:
        with pytest.raises(UnknownOutcome) as caught:
            outbox.submit(contract, "r1", "Add", "a", "5", deadlines=IMPATIENT)
        (entry,) = outbox.pending()
    assert (entry.state, entry.transaction_id) == ("endorsed", caught.value.transaction_id)
    assert entry.envelope == caught.value.envelope


def test_what_is_unfinished_is_resumed_with_the_same_envelope(
    gateway: Any, contract: Any, boxes: Boxes, memory: MemoryGateway
) -> None:
    memory.fail("Submit", StatusCode.UNAVAILABLE, "no orderer nodes available", times=100)
    with boxes() as outbox:
        with pytest.raises(UnknownOutcome) as caught:
            outbox.submit(contract, "r1", "Add", "a", "5", deadlines=IMPATIENT)
        (still,) = outbox.resume(gateway, deadlines=IMPATIENT)
        assert isinstance(still.error, UnknownOutcome)
        assert not still.entry.finished
        memory.forget_faults()
        assert list(outbox.resume(gateway.network("elsewhere"))) == []
        (resumed,) = outbox.resume(gateway.network("channel"))
        assert (resumed.error, resumed.entry.result) == (None, b"5")
        assert resumed.entry.transaction_id == caught.value.transaction_id
        assert list(outbox.resume(gateway)) == []
    assert memory.calls.count("Endorse") == 1
    assert memory.get("a") == b"5"


def test_what_is_committed_already_is_not_offered_again(
    gateway: Any, contract: Any, boxes: Boxes, memory: MemoryGateway
) -> None:
    memory.hold()
    with boxes() as outbox:
        with pytest.raises(UnknownOutcome):
            outbox.submit(contract, "r1", "Add", "a", "5", deadlines=IMPATIENT)
        memory.release()
        (resumed,) = outbox.resume(gateway)
    assert resumed.error is None
    assert memory.calls.count("Submit") == 1


def test_transient_data_is_handed_over_and_kept_nowhere(
    gateway: Any, contract: Any, boxes: Boxes, memory: MemoryGateway, tmp_path: Path
) -> None:
    with boxes() as outbox:
        memory.fail("Endorse", StatusCode.PERMISSION_DENIED, "access denied")
        with pytest.raises(EndorseError):
            outbox.submit(contract, "r1", "Keep", "a", transient={"iban": "SECRET"})
        (resumed,) = outbox.resume(gateway)
        assert isinstance(resumed.error, OutboxWaiting)
        assert "transient" in str(resumed.error)
        assert resumed.entry.needs_transient
        assert memory.calls.count("Endorse") == 1
        assert outbox.submit(contract, "r1", "Keep", "a", transient={"iban": "SECRET"}) == b"6"
        contents = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"r1" in contents
    assert b"SECRET" not in contents
    assert b"iban" not in contents


def test_what_is_finished_can_be_forgotten_and_what_is_not_stays(
    contract: Any, boxes: Boxes, memory: MemoryGateway, tmp_path: Path
) -> None:
    with boxes() as outbox:
        outbox.submit(contract, "done", "Echo", "TRACE")
        memory.hold()
        with pytest.raises(UnknownOutcome):
            outbox.submit(contract, "waiting", "Add", "a", "5", deadlines=IMPATIENT)
        now = datetime.now(UTC)
        assert outbox.forget(now - timedelta(hours=1)) == 0
        assert outbox.forget(now + timedelta(hours=1)) == 1
        assert outbox.get("done") is None
        assert [entry.request_id for entry in outbox.pending()] == ["waiting"]
        assert b"TRACE" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert outbox.abandon("waiting")
        assert not outbox.abandon("waiting")
        assert outbox.pending() == ()


def test_a_cancelled_task_leaves_its_request_in_the_outbox(memory: MemoryGateway, tmp_path: Path) -> None:
    async def main() -> None:
        memory.hold()
        gateway = aio.connect(identity=memory.identity, endpoint=memory.endpoint, deadlines=AMPLE)
        async with gateway, aio.Outbox(tmp_path / "outbox.db") as outbox:
            contract = gateway.network("channel").contract("ledger")
            submitting = asyncio.create_task(outbox.submit(contract, "r1", "Add", "a", "5"))
            await asyncio.to_thread(memory.wait_for_call, "CommitStatus")
            submitting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await submitting
            memory.release()
            assert [each.error async for each in outbox.resume(gateway)] == [None]

    asyncio.run(main())
    assert memory.get("a") == b"5"


def test_another_identity_of_the_organisation_can_resume(memory: MemoryGateway, tmp_path: Path) -> None:
    memory.hold()
    with Outbox(tmp_path / "outbox.db") as outbox:
        with memory.connect(make_identity(name="old"), deadlines=IMPATIENT) as gateway:
            contract = gateway.network("channel").contract("ledger")
            with pytest.raises(UnknownOutcome):
                outbox.submit(contract, "r1", "Add", "a", "5")
        memory.release()
        with memory.connect(make_identity(name="new")) as gateway:
            assert [each.error for each in outbox.resume(gateway)] == [None]


def test_an_identity_does_not_propose_what_another_one_requested(
    memory: MemoryGateway, tmp_path: Path
) -> None:
    memory.fail("Endorse", StatusCode.PERMISSION_DENIED, "access denied")
    with Outbox(tmp_path / "outbox.db") as outbox:
        with memory.connect(make_identity(name="ann")) as gateway, pytest.raises(EndorseError):
            outbox.submit(gateway.network("channel").contract("ledger"), "r1", "Add", "a", "5")
        with memory.connect(make_identity(name="bob")) as gateway:
            (resumed,) = outbox.resume(gateway)
            assert isinstance(resumed.error, OutboxWaiting)
            assert "was made by CN=ann of Org1MSP" in str(resumed.error)
        with memory.connect(make_identity(name="ann")) as gateway:  # with a renewed certificate
            assert [each.error for each in outbox.resume(gateway)] == [None]
    assert memory.calls.count("Endorse") == 2


@pytest.mark.parametrize(
    ("request_id", "options", "error"),
    [
        ("", {}, ValueError),
        ("r1", {"conflict_attempts": 0}, ValueError),
        ("r1", {"endorsing_organizations": "Org1MSP"}, TypeError),
    ],
)
def test_what_makes_no_sense_is_a_mistake(
    contract: Any, boxes: Boxes, request_id: str, options: dict[str, Any], error: type[Exception]
) -> None:
    with boxes() as outbox:
        with pytest.raises(error):
            outbox.submit(contract, request_id, "Add", "a", "5", **options)
        assert outbox.pending() == ()
