"""The guide's worker: peers and the worker itself end and come back, and nothing is lost or done twice."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sdk_programs import DEADLINE, command, environment, module
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from kindpakket.fabric.testing import Invocation, MemoryGateway, make_enrolment
from samples_layout import Organisation, lay_out

NAME = "peer0.org1.example.com"
basic: Any = module("web/basic.py").basic
patiently = retry(
    retry=retry_if_exception_type((AssertionError, httpx.HTTPError, sqlite3.OperationalError)),
    stop=stop_after_delay(DEADLINE),
    wait=wait_fixed(0.05),
    reraise=True,
)


@dataclass
class Place:
    """A peer, and what one worker has: its files, its certificate, and where its metrics are."""

    peer: MemoryGateway
    folder: Path
    port: int
    serials: Counter[int]

    @property
    def msp(self) -> Path:
        return self.org1 / "users/User1@org1.example.com/msp"

    @property
    def org1(self) -> Path:
        return self.folder / "organizations/peerOrganizations/org1.example.com"

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[str]]:
        profile = self.org1 / "connection-org1.json"
        process = subprocess.Popen(
            command("months/worker.py", profile, self.msp, self.folder, str(self.port)),
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                self.await_metric("fabric_peers_healthy", 1.0)
                yield process
            finally:
                process.kill()

    @patiently
    def await_metric(self, name: str, value: float) -> None:
        page = httpx.get(f"http://127.0.0.1:{self.port}/metrics").text
        assert f"\n{name} {value}\n" in page

    @property
    def valid(self) -> int:
        """How many valid transactions are on the ledger."""
        with (
            self.peer.connect() as gateway,
            gateway.network("mychannel").filtered_blocks(start=1, stop=self.peer.height - 1) as blocks,
        ):
            return sum(found.code == "VALID" for block in blocks for found in block.transactions)

    def order(self, *numbers: int) -> None:
        with closing(sqlite3.connect(self.folder / "worker.db", timeout=60)) as database, database:
            rows = [(f"order {number}", f"car{number}", "Ann", "new") for number in numbers]
            database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)

    @patiently
    def await_states(self, **states: int) -> None:
        found = self.rows("SELECT state, count(*) FROM orders GROUP BY state")
        assert dict(found) == states

    @patiently
    def await_events(self, *assets: str) -> None:
        assert sorted(text for (text,) in self.rows("SELECT text FROM seen")) == sorted(assets)

    def rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "worker.db", timeout=60)) as database:
            return database.execute(query).fetchall()

    @patiently
    def await_calls(self, step: Any, number: int) -> None:
        assert self.peer.calls.count(step) >= number


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    serials = Counter[int]()

    def noting(call: Invocation) -> Any:
        serials[call.certificate.serial_number] += 1
        return basic(call)

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with MemoryGateway({"basic": noting}, channel="mychannel", tls=True, server_name=NAME) as peer:
        user = make_enrolment("user1")
        member = Organisation(1, peer.endpoint, NAME, peer.tls_root or b"", user)
        lay_out(tmp_path / "organizations", member, "ca")
        yield Place(peer, tmp_path, port, serials)


def test_orders_and_events_outlive_restarts_of_the_peer_and_of_the_worker(place: Place) -> None:
    with place.worker() as process:
        place.order(1, 2)
        place.await_states(done=2)
        place.await_events("car1", "car2")

        place.peer.stop()
        place.await_metric("fabric_peers_healthy", 0.0)
        place.order(3)
        place.peer.start()
        place.await_states(done=3)
        place.await_events("car1", "car2", "car3")

        place.peer.hold()
        calls = place.peer.calls.count("Submit")
        place.order(4)
        place.await_calls("Submit", calls + 1)
        process.kill()
        process.wait()
    place.peer.release()
    with place.worker():
        place.await_states(done=4)
        place.await_events("car1", "car2", "car3", "car4")
        place.await_metric("fabric_reader_behind_blocks", 0.0)
    assert place.valid == 4, "each order made one transaction, though an envelope may be offered twice"


def test_a_renewed_certificate_is_taken_up_without_a_restart(place: Place) -> None:
    with place.worker() as process:
        place.order(1)
        place.await_states(done=1)
        (old,) = place.serials
        renewed = make_enrolment("user1")
        opened = place.peer.calls.count("Deliver")
        renewed.save(place.msp)
        place.await_calls("Deliver", opened + 1)
        before = place.serials[old]
        place.order(2)
        place.await_states(done=2)
        place.await_events("car1", "car2")
        assert place.serials == {old: before, renewed.decoded.serial_number: 1}

        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_an_order_that_the_chaincode_refuses_is_marked_and_stops_nothing(place: Place) -> None:
    with place.worker():
        place.order(1)
        place.await_states(done=1)
        with closing(sqlite3.connect(place.folder / "worker.db", timeout=60)) as database, database:
            database.execute("INSERT INTO orders VALUES ('order 2', 'car1', 'Eve', 'new')")
        place.order(3)

        @patiently
        def marked() -> None:
            ((state,),) = place.rows("SELECT state FROM orders WHERE id = 'order 2'")
            assert "the asset car1 already exists" in state

        marked()
        place.await_events("car1", "car3")
