"""Several peers: what fails at one goes on at another, and comes back when it is healthy again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabric_helpers import Open
from grpc import StatusCode

from fabric_gateway import (
    CommitStatusError,
    Deadlines,
    EndorseError,
    EvaluateError,
    ProfileError,
    SubmitError,
    UnknownOutcome,
    connect,
)
from fabric_gateway._connection import peers, sync
from fabric_gateway.testing import MemoryGateway, StepName
from patience import PATIENCE

ROOMY = Deadlines(evaluate=8, endorse=8, submit=8, resolve=8, commit_status=8)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "PATIENCE", 0.3)
    monkeypatch.setattr(peers, "_FIRST_WAIT", 0.1)
    monkeypatch.setattr(peers, "_LONGEST_WAIT", 0.4)


@pytest.fixture
def second(memory: MemoryGateway) -> Iterator[MemoryGateway]:
    with memory.replica() as other:
        yield other


@pytest.fixture
def gateway(opened: Open, second: MemoryGateway) -> Any:
    return opened(None, ROOMY, second)


@pytest.fixture
def contract(gateway: Any) -> Any:
    return gateway.network("channel").contract("ledger")


def until(condition: Callable[[], bool], act: Callable[[], object] = lambda: None) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"it did not come to pass within {PATIENCE:g} s"
        act()
        time.sleep(0.02)


def test_the_first_peer_is_used_as_long_as_it_is_healthy(
    contract: Any, gateway: Any, memory: MemoryGateway, second: MemoryGateway
) -> None:
    assert contract.submit("Add", "a", "5") == b"5"
    assert memory.calls == ["Endorse", "Submit", "CommitStatus"]
    assert second.calls == []
    assert [peer.healthy for peer in gateway.peers()] == [True, True]


@pytest.mark.alone
def test_a_peer_that_is_down_is_passed_over(
    contract: Any, gateway: Any, memory: MemoryGateway, second: MemoryGateway
) -> None:
    memory.stop()
    started = time.monotonic()
    assert contract.submit("Add", "a", "5") == b"5"
    assert time.monotonic() - started < 3
    assert second.calls == ["Endorse", "Submit", "CommitStatus"]
    down, up = gateway.peers()
    assert (down.healthy, up.healthy, up.failures, up.last_error, up.retry_in) == (False, True, 0, "", 0)
    assert down.failures >= 1
    assert "Failed to connect" in down.last_error
    assert f"{down.name}: failed to connect" in str(down)


@pytest.mark.parametrize("step", ["Evaluate", "Endorse", "CommitStatus"])
def test_a_step_whose_connection_breaks_goes_on_at_the_next_peer(
    contract: Any, memory: MemoryGateway, second: MemoryGateway, step: StepName
) -> None:
    memory.fail(step, StatusCode.UNAVAILABLE, "Socket closed")
    if step == "Evaluate":
        assert contract.evaluate("Show", "a") == b""
        assert second.calls == ["Evaluate"]
    else:
        assert contract.submit("Add", "a", "5") == b"5"
        assert step in second.calls
        assert (memory.calls + second.calls).count("Submit") == 1


def test_a_submit_whose_answer_is_lost_is_resolved_at_another_peer_and_not_offered_again(
    contract: Any, memory: MemoryGateway, second: MemoryGateway
) -> None:
    memory.fail("Submit", StatusCode.UNAVAILABLE, "Socket closed", after=True)
    assert contract.submit("Add", "a", "5") == b"5"
    assert memory.calls == ["Endorse", "Submit"]
    assert second.calls == ["CommitStatus"]
    assert memory.height == 2


def test_a_submit_that_never_arrived_is_offered_to_another_peer_in_the_same_envelope(
    contract: Any, memory: MemoryGateway, second: MemoryGateway
) -> None:
    memory.fail("Submit", StatusCode.UNAVAILABLE, "Socket closed")
    transaction = contract.proposal("Add", "a", "5").endorse()
    status = transaction.submit().status()
    assert (status.transaction_id, status.successful) == (transaction.transaction_id, True)
    assert (memory.calls + second.calls).count("Endorse") == 1
    assert memory.height == 2


def test_a_submit_to_a_peer_that_is_down_goes_to_the_next_one_at_once(
    contract: Any, memory: MemoryGateway, second: MemoryGateway
) -> None:
    transaction = contract.proposal("Add", "a", "5").endorse()
    memory.stop()
    contract.evaluate("Show", "a")  # so that the connection is known to be gone
    memory.start()
    memory.stop()
    second.forget_calls()
    assert transaction.submit().status().successful
    assert second.calls[:1] == ["Submit"]


def test_a_refusal_after_an_offer_that_may_have_been_ordered_proves_nothing(
    opened: Open, memory: MemoryGateway, second: MemoryGateway
) -> None:
    memory.hold()
    refusal = "received unsuccessful response from orderer: status=FORBIDDEN, info=no"
    second.fail("Submit", StatusCode.ABORTED, refusal, times=100)
    memory.fail("Submit", StatusCode.UNAVAILABLE, "Socket closed", after=True, times=100)
    for seconds in (3, 20, 60):  # a busy machine may not make the second offer in time
        # A gateway that saw the first peer fail would begin at the second, whose refusal is then certain.
        contract = opened(None, ROOMY, second).network("channel").contract("ledger")
        with pytest.raises(UnknownOutcome) as caught:
            contract.submit("Add", str(seconds), "5", deadlines=Deadlines(resolve=seconds))
        if "Submit" in second.calls and isinstance(caught.value.__cause__, SubmitError):
            break
    memory.release()
    assert "Submit" in second.calls
    assert isinstance(caught.value.__cause__, SubmitError)
    assert memory.get(str(seconds)) == b"5"


@pytest.mark.alone
@pytest.mark.parametrize("step", ["Evaluate", "Endorse", "Submit", "CommitStatus"])
def test_a_hung_peer_does_not_eat_the_deadline(
    opened: Open, memory: MemoryGateway, second: MemoryGateway, step: StepName
) -> None:
    contract = opened(None, Deadlines(30, 30, 30, 30, 30), second).network("channel").contract("ledger")
    contract.evaluate("Show", "a")
    transaction = contract.proposal("Add", "a", "5").endorse()
    memory.pause()
    started = time.monotonic()
    if step == "Evaluate":
        contract.evaluate("Show", "a")
    elif step == "Endorse":
        contract.proposal("Show", "a").endorse()
    else:
        if step == "CommitStatus":
            memory.resume()
            memory.hold()
            commit = transaction.submit()
            memory.pause()
            memory.release()
        else:
            commit = transaction.submit()
        assert commit.status().successful
        assert memory.get("a") == b"5"
    assert time.monotonic() - started < 6
    memory.resume()


def test_a_slow_answer_is_waited_for_while_the_peer_is_alive(
    contract: Any, gateway: Any, memory: MemoryGateway, second: MemoryGateway
) -> None:
    memory.hold()
    commit = contract.proposal("Add", "a", "5").endorse().submit()
    with pytest.raises(CommitStatusError) as caught:
        commit.status(timeout=1.5)
    assert caught.value.status is StatusCode.DEADLINE_EXCEEDED
    assert all(peer.healthy for peer in gateway.peers())
    assert second.calls == []
    memory.release()


def test_when_all_peers_are_down_one_error_names_each(
    contract: Any, memory: MemoryGateway, second: MemoryGateway
) -> None:
    memory.stop()
    second.stop()
    with pytest.raises(EvaluateError, match="none of the 2 peers answers: ") as caught:
        contract.evaluate("Show", "a", timeout=1.5)
    for service in (memory, second):
        assert f"{service.endpoint.removeprefix('grpc://')}: failed to connect" in str(caught.value)
    second.start()
    assert contract.evaluate("Show", "a") == b""


def test_when_all_peers_hang_the_error_says_so(
    contract: Any, memory: MemoryGateway, second: MemoryGateway
) -> None:
    memory.pause()
    second.pause()
    with pytest.raises(
        EndorseError, match=r"none of the 2 peers answers: .*no answer within .*; .*no answer"
    ):
        contract.submit("Show", "a", deadlines=Deadlines(endorse=3))
    memory.resume()
    second.resume()


def test_the_preferred_peer_is_used_again_when_it_is_back(
    contract: Any, gateway: Any, memory: MemoryGateway, second: MemoryGateway
) -> None:
    memory.stop()
    contract.evaluate("Show", "a")
    assert not gateway.peers()[0].healthy
    memory.start()
    memory.forget_calls()
    until(lambda: memory.calls == ["Evaluate"], lambda: contract.evaluate("Show", "a"))
    assert gateway.peers()[0].healthy


@pytest.mark.alone
def test_trying_a_peer_again_costs_no_call(
    contract: Any, gateway: Any, memory: MemoryGateway, second: MemoryGateway
) -> None:
    memory.pause()
    contract.evaluate("Show", "a")
    assert not gateway.peers()[0].healthy

    def quickly() -> None:
        started = time.monotonic()
        contract.evaluate("Show", "a")
        assert time.monotonic() - started < 0.25

    until(lambda: gateway.peers()[0].failures >= 3, quickly)
    assert memory.calls == []
    memory.resume()
    until(lambda: gateway.peers()[0].healthy, quickly)


def test_a_check_asks_every_peer(gateway: Any, memory: MemoryGateway, second: MemoryGateway) -> None:
    assert [peer.healthy for peer in gateway.check(timeout=2)] == [True, True]
    second.pause()
    first, other = gateway.check(timeout=0.5)
    assert (first.healthy, other.healthy, other.last_error) == (True, False, "no answer within 0.5 s")
    memory.stop()
    second.resume()
    assert [peer.healthy for peer in gateway.check()] == [False, True]
    assert memory.calls == second.calls == []


def test_what_the_gateway_says_itself_marks_no_peer(
    contract: Any, gateway: Any, memory: MemoryGateway, second: MemoryGateway
) -> None:
    memory.fail("Endorse", StatusCode.UNAVAILABLE, "failed to find any endorsing peers for org(s): NoMSP")
    assert contract.submit("Add", "a", "5") == b"5"
    assert all(peer.healthy for peer in gateway.peers())
    assert second.calls == ["Endorse"]


def test_a_stream_opens_on_a_healthy_peer(
    gateway: Any, contract: Any, memory: MemoryGateway, second: MemoryGateway
) -> None:
    memory.stop()
    contract.submit("Add", "a", "5")
    with gateway.network("channel").blocks(0) as stream:
        assert [next(stream).header.number, next(stream).header.number] == [0, 1]
    assert second.calls[-1] == "Deliver"


def write_profile(folder: Path, *services: MemoryGateway) -> Path:
    names = [f"peer{number}" for number in range(len(services))]
    content = {
        "client": {"organization": "gemeente"},
        "organizations": {"gemeente": {"mspid": "GemeenteMSP", "peers": names}},
        "peers": {name: {"url": service.endpoint} for name, service in zip(names, services, strict=True)},
    }
    file = folder / "profile.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


def test_a_profile_gives_all_peers_of_the_organisation_in_order_or_those_that_are_named(
    memory: MemoryGateway, second: MemoryGateway, tmp_path: Path
) -> None:
    file = write_profile(tmp_path, memory, second)
    with connect(file, memory.identity) as gateway:
        assert [peer.name for peer in gateway.peers()] == ["peer0", "peer1"]
        memory.stop()
        assert str(gateway.check()[0]).startswith(f"peer0 ({memory.endpoint.removeprefix('grpc://')}): fail")
    with connect(file, memory.identity, peers=["peer1"]) as gateway:
        assert [peer.name for peer in gateway.peers()] == ["peer1"]
        assert gateway.network("channel").ledger_height() == 1
    with connect(file, memory.identity, peers=["peer1", "peer0"]) as gateway:
        assert [peer.name for peer in gateway.peers()] == ["peer1", "peer0"]
    with pytest.raises(ProfileError, match="peers names 'peer1' twice"):
        connect(file, memory.identity, peers=["peer1", "peer1"])
    with pytest.raises(ProfileError, match="peers is empty"):
        connect(file, memory.identity, peers=[])
    with pytest.raises(ProfileError, match="there is no peer 'peer7'"):
        connect(file, memory.identity, peers=["peer7"])


def test_closing_leaves_no_thread_and_no_call(opened: Open, memory: MemoryGateway) -> None:
    before = set(threading.enumerate())
    with memory.replica() as second:
        gateway = opened(None, ROOMY, second)
        contract = gateway.network("channel").contract("ledger")
        contract.submit("Add", "a", "5")
        memory.pause()
        contract.evaluate("Show", "a")
        second.pause()
        with pytest.raises(EvaluateError):
            contract.evaluate("Show", "a", timeout=0.5)
        gateway.close()
        until(lambda: memory.under_way == second.under_way == 0)
        memory.resume()
        second.resume()
    until(lambda: not [each for each in threading.enumerate() if each not in before and not served(each)])


def served(thread: threading.Thread) -> bool:
    """The thread belongs to the gateway in memory, or to gRPC's asyncio, which keeps one for the process."""
    return thread.name.startswith("ThreadPoolExecutor") or "poll_wrapper" in thread.name
