"""Many submissions: some at once, read lazily, told of as they end, and nothing is left running."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
from fabric_helpers import Open
from grpc import StatusCode

from fabric_gateway import (
    CommitError,
    Deadlines,
    EndorseError,
    Outcome,
    Progress,
    Submission,
    UnknownOutcome,
    aio,
)
from fabric_gateway.testing import MemoryGateway
from patience import PATIENCE

UNHURRIED = Deadlines(60, 60, 60, 60, 60)


def adding(count: int, read: list[int] | None = None) -> Iterator[Submission]:
    for number in range(count):
        if read is not None:
            read.append(number)
        yield Submission("Add", (f"k{number}", str(number)), key=number)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def waits(thread: threading.Thread) -> bool:
    """The thread waits for the result of a call."""
    frame: FrameType | None = sys._current_frames()[thread.ident or 0]
    names = []
    while frame is not None:
        names.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return names[0] == "Condition.wait" and "_MultiThreadedRendezvous.result" in names


def bulk_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("submit-all")]


def test_all_are_submitted_and_told_of_once(contract: Any, memory: MemoryGateway) -> None:
    seen: list[Progress] = []
    with contract.submit_all(adding(60), at_once=8, progress=seen.append) as bulk:
        outcomes = list(bulk)
    assert sorted(outcome.number for outcome in outcomes) == list(range(60))
    assert all(outcome.get() == str(outcome.submission.key).encode() for outcome in outcomes)
    assert memory.height == 61
    assert [progress.done for progress in seen] == list(range(1, 61))
    assert seen[-1] == Progress(successful=60)
    assert max(progress.under_way for progress in seen) <= 8
    assert bulk.left == ()
    assert list(bulk) == []
    assert bulk_threads() == []


def test_failures_are_in_their_outcomes_and_end_nothing(contract: Any, memory: MemoryGateway) -> None:
    memory.hold()
    memory.release()
    mixed = [Submission("Add", ("a", "1")), Submission("Nonsense"), Submission("Add", ("a",), key="odd")]
    mixed += [Submission("Echo", ("x",), {"t": b"y"}), Submission("Echo", (), None, "Org1MSP")]
    with contract.submit_all(mixed, at_once=1) as bulk:
        added, refused, odd, echoed, wrong = list(bulk)
    assert added.get() == b"1"
    assert isinstance(refused.error, EndorseError)
    assert (refused.successful, refused.unknown, odd.successful) == (False, False, False)
    assert echoed.get() == b"x|y"
    with pytest.raises(TypeError, match="endorsing_organizations is the text 'Org1MSP': give a list"):
        wrong.get()


def test_submissions_are_read_only_as_far_as_there_is_room(contract: Any) -> None:
    read: list[int] = []
    with contract.submit_all(adding(10**9, read), at_once=4) as bulk:
        assert isinstance(next(bulk), Outcome)
        assert len(read) <= 6
    assert len(bulk.left) == 4


def test_unknown_ones_are_told(contract: Any, memory: MemoryGateway) -> None:
    memory.fail("Submit", StatusCode.UNAVAILABLE, "no orderer nodes available", times=10**6)
    with contract.submit_all(adding(3), deadlines=Deadlines(resolve=0.3)) as bulk:
        assert [outcome.unknown for outcome in bulk] == [True] * 3


@pytest.mark.alone
@pytest.mark.parametrize("step", ["Endorse", "CommitStatus"])
def test_closing_gives_up_what_is_under_way_and_says_what_is_known(
    opened: Open, memory: MemoryGateway, step: Any
) -> None:
    contract = opened(None, UNHURRIED).network("channel").contract("ledger")
    if step == "Endorse":
        memory.hang("Endorse", times=100)
    else:
        memory.hold()
    started = time.monotonic()
    bulk = contract.submit_all(adding(100), at_once=5, deadlines=UNHURRIED)
    closing = threading.Thread(target=lambda: until(lambda: memory.calls.count(step) == 5))
    closing.start()
    if hasattr(bulk, "_runner"):

        async def reading() -> None:
            read = asyncio.create_task(anext(bulk._wrapped))
            await asyncio.to_thread(closing.join)
            read.cancel()
            with pytest.raises(asyncio.CancelledError):
                await read

        bulk._runner.run(reading())
    else:
        bulk._begin()
        closing.join()
        bulk.close()
    assert time.monotonic() - started < 10
    assert sorted(outcome.number for outcome in bulk.left) == [0, 1, 2, 3, 4]
    assert bulk_threads() == []
    if step == "Endorse":
        assert all(isinstance(outcome.error, EndorseError) for outcome in bulk.left)
        return
    memory.release()
    network = opened().network("channel")
    for outcome in bulk.left:
        assert isinstance(outcome.error, UnknownOutcome)
        assert network.commit(outcome.error.transaction_id).status().successful
    assert memory.height == 6


def test_a_source_that_fails_ends_it_and_leaves_nothing_running(contract: Any) -> None:
    def source() -> Iterator[Submission]:
        yield from adding(2)
        raise RuntimeError("the file ends here")

    with pytest.raises(RuntimeError, match="the file ends here"), contract.submit_all(source()) as bulk:
        list(bulk)
    assert len(bulk.left) == 2
    assert bulk_threads() == []


def test_nothing_to_submit(contract: Any) -> None:
    assert list(contract.submit_all([])) == []
    with pytest.raises(ValueError, match="at_once is 0"):
        contract.submit_all([], at_once=0)
    with pytest.raises(ValueError, match="conflict_attempts is 0"):
        contract.submit_all([], conflict_attempts=0)


def test_aio_cancelled_before_they_began(memory: MemoryGateway) -> None:
    async def main() -> None:
        async with aio.connect(endpoint=memory.endpoint, identity=memory.identity) as gateway:
            bulk = gateway.network("channel").contract("ledger").submit_all(adding(9), at_once=3)
            bulk._begin()
            await bulk.close()
            assert [type(outcome.error) for outcome in bulk.left] == [EndorseError] * 3
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_another_proposal_after_a_read_conflict_only_if_asked(contract: Any, memory: MemoryGateway) -> None:
    memory.invalidate("MVCC_READ_CONFLICT")
    with pytest.raises(CommitError) as caught:
        contract.submit("Add", "a", "5")
    assert caught.value.read_conflict
    memory.invalidate("PHANTOM_READ_CONFLICT")
    assert contract.submit("Add", "a", "5", conflict_attempts=2) == b"5"
    memory.invalidate("MVCC_READ_CONFLICT", times=3)
    with pytest.raises(CommitError):
        contract.submit("Add", "b", "5", conflict_attempts=3)
    assert memory.calls.count("Endorse") == 1 + 2 + 3
    memory.invalidate("ENDORSEMENT_POLICY_FAILURE")
    with pytest.raises(CommitError) as other:
        contract.submit("Add", "b", "5", conflict_attempts=3)
    assert not other.value.read_conflict
    with pytest.raises(ValueError, match="conflict_attempts is 0"):
        contract.submit("Add", "b", "5", conflict_attempts=0)


def test_bulk_with_conflicts_counts_right(contract: Any, memory: MemoryGateway) -> None:
    same = (Submission("Add", ("a", "1")) for _ in range(20))
    with contract.submit_all(same, at_once=5, conflict_attempts=50) as bulk:
        assert all(outcome.successful for outcome in bulk)
    assert memory.get("a") == b"20"


def test_an_unclear_submit_is_never_proposed_anew(contract: Any, memory: MemoryGateway) -> None:
    memory.fail("Submit", StatusCode.UNAVAILABLE, "Socket closed", times=10**6)
    with pytest.raises(UnknownOutcome):
        contract.submit("Add", "a", "5", deadlines=Deadlines(resolve=0.3), conflict_attempts=5)
    assert memory.calls.count("Endorse") == 1


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C raises `KeyboardInterrupt`, even where a shell started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_a_call_and_says_what_is_known(memory: MemoryGateway) -> None:
    memory.hold()
    with memory.connect() as gateway:
        contract = gateway.network("channel").contract("ledger")

        ended = threading.Event()

        def interrupt() -> None:
            memory.wait_for_call("CommitStatus")
            until(lambda: waits(threading.main_thread()))
            # Python may drop a Ctrl-C that comes while it runs a callback of C code.
            while not ended.is_set():
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
                ended.wait(10.0)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt) as caught:
            contract.submit("Add", "a", "5", deadlines=Deadlines(commit_status=PATIENCE))
        ended.set()
        thread.join()
        assert isinstance(caught.value.__cause__, UnknownOutcome)
        until(lambda: memory.under_way == 0)
        memory.release()
        unknown = caught.value.__cause__
        assert gateway.network("channel").commit(unknown.transaction_id).status().successful


@pytest.mark.parametrize(
    ("step", "kind"),
    [("Endorse", EndorseError), ("Submit", UnknownOutcome), ("CommitStatus", UnknownOutcome)],
)
def test_aio_a_cancelled_call_says_what_is_known_and_leaves_nothing_running(
    memory: MemoryGateway, step: Any, kind: type[Exception]
) -> None:
    async def main() -> None:
        memory.hang(step)
        async with aio.connect(endpoint=memory.endpoint, identity=memory.identity) as gateway:
            contract = gateway.network("channel").contract("ledger")
            task = asyncio.create_task(contract.submit("Add", "a", "5"))
            await asyncio.to_thread(memory.wait_for_call, step)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert isinstance(caught.value.__cause__, kind)
            await asyncio.to_thread(until, lambda: memory.under_way == 0)
            assert len(memory.calls) == len(set(memory.calls))
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
