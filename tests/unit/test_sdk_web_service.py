"""The guide's web service: its own tests pass, and a server that is stopped keeps what it was asked for."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from fabric_gateway.testing import MemoryGateway, make_enrolment
from samples_layout import Organisation, lay_out
from sdk_programs import DEADLINE, EXAMPLES, environment, module

WEB = EXAMPLES / "web"
NAME = "peer0.org1.example.com"
ASSET = {"color": "blue", "size": 5, "owner": "Ann", "value": 100}
basic: Any = module("web/basic.py").basic


def test_the_guides_own_tests_pass(tmp_path: Path) -> None:
    quietly: list[str | Path] = [
        "-c",
        os.devnull,
        "--rootdir",
        tmp_path,
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *quietly, "--basetemp", tmp_path / "made", WEB / "test_service.py"],
        cwd=tmp_path,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        check=False,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "5 passed" in ran.stdout


@pytest.fixture
def peer() -> Iterator[MemoryGateway]:
    with MemoryGateway({"basic": basic}, channel="mychannel", tls=True, server_name=NAME) as memory:
        yield memory


@pytest.fixture
def settings(peer: MemoryGateway, tmp_path: Path) -> dict[str, str]:
    """The environment that the page describes, for a peer that is reached by a profile."""
    organizations = tmp_path / "organizations"
    user = make_enrolment("user1")
    lay_out(organizations, Organisation(1, peer.endpoint, NAME, peer.tls_root or b"", user), "ca")
    org1 = organizations / "peerOrganizations/org1.example.com"
    return {
        "FABRIC_PROFILE": str(org1 / "connection-org1.json"),
        "FABRIC_MSP": str(org1 / "users/User1@org1.example.com/msp"),
        "OUTBOX": str(tmp_path / "outbox.db"),
    }


@contextmanager
def serving(settings: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    arguments = ["--factory", "service:from_environment", "--port", str(port), "--app-dir", str(WEB)]
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", *arguments],
        env=environment(PYTHONDONTWRITEBYTECODE="1", **settings),
        stderr=subprocess.PIPE,
        text=True,
    )
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        try:
            _await_start(client)
            yield server, client
        finally:
            server.kill()
            server.wait()
            assert server.stderr is not None
            server.stderr.close()


@retry(
    retry=retry_if_exception_type(httpx.ConnectError), stop=stop_after_delay(DEADLINE), wait=wait_fixed(0.1)
)
def _await_start(client: httpx.Client) -> None:
    client.get("/health")


def valid(peer: MemoryGateway) -> int:
    """How many valid transactions are on the ledger."""
    with (
        peer.connect() as gateway,
        gateway.network("mychannel").filtered_blocks(start=1, stop=peer.height - 1) as blocks,
    ):
        return sum(found.code == "VALID" for block in blocks for found in block.transactions)


def put(client: httpx.Client, number: int) -> httpx.Response:
    return client.put(f"/assets/car{number}", json=ASSET, headers={"Idempotency-Key": f"order {number}"})


def test_a_server_that_is_told_to_stop_answers_what_it_was_asked(
    peer: MemoryGateway, settings: dict[str, str]
) -> None:
    with serving(settings) as (server, client), ThreadPoolExecutor(8) as pool:
        peer.hold()  # transactions are accepted, and ordered only later
        answers = [pool.submit(put, client, number) for number in range(8)]
        _await_calls(peer, 8)
        server.send_signal(signal.SIGTERM)
        peer.release()
        assert [answer.result().status_code for answer in answers] == [201] * 8
        # When it has ended well, uvicorn raises the signal that it was sent, for its supervisor to see.
        assert server.wait(DEADLINE) in (0, -signal.SIGTERM)
        assert server.stderr is not None
        said = server.stderr.read()
        assert "Application shutdown complete" in said
        assert "Traceback" not in said
    assert valid(peer) == 8


def test_a_server_that_is_killed_goes_on_where_it_stopped(
    peer: MemoryGateway, settings: dict[str, str]
) -> None:
    with serving(settings) as (server, client), ThreadPoolExecutor(8) as pool:
        peer.hold()
        answers = [pool.submit(put, client, number) for number in range(8)]
        _await_calls(peer, 8)
        server.kill()
        assert all(isinstance(answer.exception(), httpx.HTTPError) for answer in answers)
    peer.release()
    with serving(settings) as (_, client):
        assert [put(client, number).status_code for number in range(8)] == [201] * 8
        assert json.loads(client.get("/health").content)["unfinished"] == 0
    assert valid(peer) == 8, "each request made one transaction"


@retry(stop=stop_after_delay(DEADLINE), wait=wait_fixed(0.05))
def _await_calls(peer: MemoryGateway, number: int) -> None:
    assert peer.calls.count("CommitStatus") >= number
