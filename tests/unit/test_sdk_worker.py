"""The guide's worker: peers and the worker itself end and come back, and nothing is lost or done twice."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fabric_gateway.testing import Invocation, MemoryGateway, StepName, make_enrolment
from guide_worker import Worker, patiently
from samples_layout import Organisation, lay_out
from sdk_programs import DEADLINE, module

NAME = "peer0.org1.example.com"
basic: Any = module("web/basic.py").basic


@dataclass
class Place:
    """A peer, a worker, and how often each certificate, by its serial number, has called the chaincode."""

    peer: MemoryGateway
    worker: Worker
    serials: Counter[int]

    @patiently
    def await_calls(self, step: StepName, number: int) -> None:
        assert self.peer.calls.count(step) >= number

    @property
    def valid(self) -> int:
        """How many valid transactions are on the ledger."""
        with (
            self.peer.connect() as gateway,
            gateway.network("mychannel").filtered_blocks(start=1, stop=self.peer.height - 1) as blocks,
        ):
            return sum(found.code == "VALID" for block in blocks for found in block.transactions)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    serials = Counter[int]()

    def noting(call: Invocation) -> Any:
        serials[call.certificate.serial_number] += 1
        return basic(call)

    with MemoryGateway({"basic": noting}, channel="mychannel", tls=True, server_name=NAME) as peer:
        member = Organisation(1, peer.endpoint, NAME, peer.tls_root or b"", make_enrolment("user1"))
        lay_out(tmp_path / "organizations", member, "ca")
        org1 = tmp_path / "organizations/peerOrganizations/org1.example.com"
        msp = org1 / "users/User1@org1.example.com/msp"
        yield Place(peer, Worker(org1 / "connection-org1.json", msp, tmp_path), serials)


def test_orders_and_events_outlive_restarts_of_the_peer_and_of_the_worker(place: Place) -> None:
    worker = place.worker
    with worker.running() as process:
        worker.order("car1", "car2")
        worker.await_done(2)
        worker.await_events("car1", "car2")

        place.peer.stop()
        worker.await_metric("fabric_peers_healthy", 0.0)
        worker.order("car3")
        place.peer.start()
        worker.await_done(3)
        worker.await_events("car1", "car2", "car3")

        place.peer.hold()
        calls = place.peer.calls.count("Submit")
        worker.order("car4")
        place.await_calls("Submit", calls + 1)
        process.kill()
        process.wait()
    place.peer.release()
    with worker.running():
        worker.await_done(4)
        worker.await_events("car1", "car2", "car3", "car4")
        worker.await_metric("fabric_reader_behind_blocks", 0.0)
    assert place.valid == 4, "each order made one transaction, though an envelope may be offered twice"


def test_a_renewed_certificate_is_taken_up_without_a_restart(place: Place) -> None:
    worker = place.worker
    with worker.running() as process:
        worker.order("car1")
        worker.await_done(1)
        (old,) = place.serials
        opened = place.peer.calls.count("Deliver")
        renewed = make_enrolment("user1")
        renewed.save(worker.msp)
        place.await_calls("Deliver", opened + 1)
        before = place.serials[old]
        worker.order("car2")
        worker.await_done(2)
        worker.await_events("car1", "car2")
        assert place.serials == {old: before, renewed.decoded.serial_number: 1}

        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_an_order_that_the_chaincode_refuses_is_marked_and_stops_nothing(place: Place) -> None:
    worker = place.worker
    with worker.running():
        worker.order("car1")
        worker.await_done(1)
        worker.order("car1", owner="Eve")
        worker.order("car3")
        worker.await_failed("the asset car1 already exists")
        worker.await_events("car1", "car3")
