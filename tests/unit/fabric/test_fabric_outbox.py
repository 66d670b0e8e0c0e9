"""An outbox does each request once, remembers how it ended, and keeps no more than it says."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fabric_helpers import QUICK, Blocking
from grpc import StatusCode

from kindpakket.fabric import (
    CommitError,
    Deadlines,
    EndorseError,
    ErrorDetail,
    Outbox,
    OutboxConflict,
    OutboxEntry,
    OutboxError,
    OutboxWaiting,
    SubmitError,
    UnknownOutcome,
    aio,
)
from kindpakket.fabric._storage import locks as _locks
from kindpakket.fabric.outbox._store import OutboxStore
from kindpakket.fabric.testing import MemoryGateway, make_identity

FORBIDDEN = "received unsuccessful response from orderer: status=FORBIDDEN, info=no"
IMPATIENT = Deadlines(endorse=2, submit=1, resolve=0.3, commit_status=0.2)
Boxes = Callable[..., Any]


@pytest.fixture
def gateway(opened: Any) -> Any:
    return opened()


@pytest.fixture
def contract(gateway: Any) -> Any:
    return gateway.network("channel").contract("ledger")


@pytest.fixture
def boxes(gateway: Any, tmp_path: Path) -> Boxes:
    """Opens the outbox, for sync or asyncio."""

    def opening(path: Path = tmp_path / "outbox.db") -> Any:
        if isinstance(gateway, Blocking):
            return Blocking(gateway._runner, aio.Outbox(path))
        return Outbox(path)

    return opening


def changed(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()


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


def test_only_its_owner_can_read_the_file(contract: Any, boxes: Boxes, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with boxes() as outbox:
            outbox.submit(contract, "r1", "Add", "a", "5")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert set(modes) == {"outbox.db", "outbox.db-wal", "outbox.db-shm", "outbox.db.lock"}
    assert set(modes.values()) == {0o600}


def test_each_change_is_synced_to_the_disk(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox, outbox._store._file.reading() as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


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


def test_a_request_in_other_hands_is_waited_for(
    gateway: Any, contract: Any, boxes: Boxes, memory: MemoryGateway, tmp_path: Path
) -> None:
    """Another outbox on the same file stands for another process."""
    memory.hold()
    results = []
    with boxes() as outbox, memory.connect() as other, Outbox(tmp_path / "outbox.db") as second:
        theirs = other.network("channel").contract("ledger")
        thread = threading.Thread(target=lambda: results.append(second.submit(theirs, "r1", "Add", "a", "5")))
        thread.start()
        memory.wait_for_call("CommitStatus")
        assert list(outbox.resume(gateway)) == []
        with pytest.raises(OutboxWaiting, match="in the hands of another"):
            outbox.submit(
                contract,
                "r1",
                "Add",
                "a",
                "5",
                deadlines=Deadlines(endorse=0.1, submit=0.1, resolve=0.1, commit_status=0.1),
            )
        memory.release()
        assert outbox.submit(contract, "r1", "Add", "a", "5") == b"5"
        thread.join()
    assert results == [b"5"]
    assert memory.calls.count("Endorse") == 1


def test_many_threads_with_one_request_do_it_once(memory: MemoryGateway, tmp_path: Path) -> None:
    results = []
    with memory.connect(deadlines=QUICK) as gateway, Outbox(tmp_path / "outbox.db") as outbox:
        contract = gateway.network("channel").contract("ledger")
        threads = [
            threading.Thread(target=lambda: results.append(outbox.submit(contract, "r1", "Add", "a", "5")))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [b"5"] * 8
    assert memory.height == 2


def test_without_working_locks_a_request_still_has_one_effect(
    memory: MemoryGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change of state starts from the stored one: of many envelopes one is kept and offered."""
    monkeypatch.setattr(_locks.LockFile, "take", lambda *_: True)
    results = []
    with memory.connect() as gateway, Outbox(tmp_path / "outbox.db") as outbox:
        contract = gateway.network("channel").contract("ledger")
        threads = [
            threading.Thread(target=lambda: results.append(outbox.submit(contract, "r1", "Add", "a", "5")))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        entry = outbox.get("r1")
    assert results == [b"5"] * 8
    assert memory.get("a") == b"5"
    assert entry is not None
    assert entry.offers >= 1
    assert memory.calls.count("Endorse") > 1


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


def test_a_file_system_without_locks_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "fcntl", unsupported)
    with pytest.raises(OutboxError, match="this one has no locks: No locks available"):
        Outbox(tmp_path / "outbox.db")


def test_a_cancelled_task_leaves_its_request_in_the_outbox(memory: MemoryGateway, tmp_path: Path) -> None:
    async def main() -> None:
        memory.hold()
        gateway = aio.connect(identity=memory.identity, endpoint=memory.endpoint, deadlines=QUICK)
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


def test_a_full_disk_is_a_clear_error_and_nothing_is_sent(memory: MemoryGateway, tmp_path: Path) -> None:
    with memory.connect(deadlines=QUICK) as gateway, Outbox(tmp_path / "outbox.db") as outbox:
        contract = gateway.network("channel").contract("ledger")
        with outbox._store._file.reading() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OutboxError, match="cannot be written: database or disk is full"):
            outbox.submit(contract, "r1", "Echo", "x" * 20_000)
        assert (memory.calls, outbox.pending()) == ([], ())
        outbox.submit(contract, "r2", "Echo", "x")
        with outbox._store._file.reading() as db:
            db.execute(f"PRAGMA max_page_count = {pages + 6}")
        with pytest.raises(OutboxError, match="disk is full"):
            outbox.submit(contract, "r3", "Echo", "x" * 20_000)
        assert memory.calls.count("Submit") == 1
        kept = outbox.get("r3")
        assert kept is not None
        assert kept.state == "requested"
        with outbox._store._file.reading() as db:
            db.execute("PRAGMA max_page_count = 100000")
        assert outbox.submit(contract, "r3", "Echo", "x" * 20_000) == b"x" * 20_000


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    path, content = tmp_path / "outbox.db", b"this is no database, but it is long enough" * 100
    path.write_bytes(content)
    with pytest.raises(OutboxError, match=f"outbox {path} cannot be opened: file is not a database"):
        Outbox(path)
    assert path.read_bytes() == content


def test_a_damaged_file_is_a_clear_error(contract: Any, boxes: Boxes, tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with boxes() as outbox:
        for number in range(30):
            outbox.submit(contract, f"r{number}", "Echo", "x" * 500)
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 6] = b"\xa5" * 4096 * 3
    path.write_bytes(content)
    with pytest.raises(OutboxError, match=r"damaged|malformed"):
        Outbox(path)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    changed(path, "CREATE TABLE customers (name TEXT)")
    content = path.read_bytes()
    with pytest.raises(OutboxError, match="is an SQLite file of another program"):
        Outbox(path)
    assert path.read_bytes() == content


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    Outbox(path).close()
    changed(path, "PRAGMA user_version = 99")
    with pytest.raises(OutboxError, match="schema version 99, but this program knows 1"):
        Outbox(path)


def test_a_folder_that_does_not_exist_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(OutboxError, match=r"cannot be opened: No such file or directory"):
        Outbox(tmp_path / "nowhere" / "outbox.db")


def test_a_closed_outbox_says_so(memory: MemoryGateway, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    outbox.close()
    outbox.close()
    with memory.connect() as gateway, pytest.raises(OutboxError, match="closed"):
        outbox.submit(gateway.network("channel").contract("ledger"), "r1", "Add", "a", "5")
    assert memory.calls == []


def test_an_outbox_is_not_used_across_a_fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        with monkeypatch.context() as forked:
            forked.setattr(os, "getpid", lambda: -1)
            with pytest.raises(OutboxError, match="opened before a fork"):
                outbox.pending()
        assert outbox.pending() == ()


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
