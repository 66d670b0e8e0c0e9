"""The relay that serves a peer for a chaincode program that dials its peer."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from issuing import self_signed

from kindpakket_network.programs.process import MARK
from kindpakket_network.programs.wait import until
from patience import PATIENCE

# It registers with its pid, echoes, and ends when told to.
PROGRAM = """\
import os, queue, sys
import grpc

assert sys.argv[1] == "-peer.address=" + os.environ["CORE_PEER_ADDRESS"]
assert os.environ["CORE_PEER_TLS_ENABLED"] == "false"
assert "MARK" not in os.environ
said = queue.Queue()
said.put(str(os.getpid()).encode())
limits = [("grpc.max_receive_message_length", -1)]
channel = grpc.insecure_channel(os.environ["CORE_PEER_ADDRESS"], limits)
for message in channel.stream_stream("/protos.ChaincodeSupport/Register")(iter(said.get, None)):
    if message == b"end":
        os._exit(7)
    said.put(b"echo " + message)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What the tool gives a chaincode's process, with a certificate that is also the peer's."""
    enrolled = self_signed("localhost", 1)
    (tmp_path / "cert.pem").write_bytes(enrolled.certificate)
    (tmp_path / "key.pem").write_bytes(enrolled.key)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    return {
        "PATH": os.environ["PATH"],
        MARK: "/home#node",
        "CHAINCODE_SERVER_ADDRESS": address,
        "CHAINCODE_TLS_CERT": str(tmp_path / "cert.pem"),
        "CHAINCODE_TLS_KEY": str(tmp_path / "key.pem"),
        "CHAINCODE_TLS_CLIENT_CA": str(tmp_path / "cert.pem"),
    }


@contextmanager
def relay(text: str, environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    (folder / "program.py").write_text(text.replace('"MARK"', repr(MARK)))
    command = [sys.executable, "-m", "kindpakket_network.chaincodes.relay", sys.executable]
    process = subprocess.Popen([*command, str(folder / "program.py")], env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


class Peer:
    """A peer's conversation with the chaincode."""

    def __init__(self, environment: dict[str, str]) -> None:
        certificate, key = (
            Path(environment[f"CHAINCODE_TLS_{name}"]).read_bytes() for name in ("CERT", "KEY")
        )
        credentials = grpc.ssl_channel_credentials(certificate, key, certificate)
        options = [("grpc.ssl_target_name_override", "localhost"), ("grpc.max_receive_message_length", -1)]
        self._said: queue.Queue[bytes | None] = queue.Queue()
        channel: Any = grpc.secure_channel
        self._channel: Any = channel(environment["CHAINCODE_SERVER_ADDRESS"], credentials, options)
        grpc.channel_ready_future(self._channel).result(PATIENCE)
        connect = self._channel.stream_stream(
            "/protos.Chaincode/Connect", request_serializer=bytes, response_deserializer=bytes
        )
        self._heard: Any = connect(iter(self._said.get, None))

    def hear(self) -> bytes:
        return bytes(next(self._heard))

    def say(self, message: bytes) -> None:
        self._said.put(message)

    def leave(self) -> None:
        self._heard.cancel()
        self._channel.close()


def test_messages_pass_and_each_connection_has_a_program(environment: dict[str, str], tmp_path: Path) -> None:
    with relay(PROGRAM, environment, tmp_path) as process:
        pids = []
        for _ in range(2):
            peer = Peer(environment)
            pids.append(int(peer.hear()))
            for message in (b"a", b"\x00" * 5_000_000):
                peer.say(message)
                assert peer.hear() == b"echo " + message
            peer.leave()
        assert len(set(pids)) == 2
        assert until(lambda: not psutil.pid_exists(pids[0]) or None, PATIENCE)
        assert process.poll() is None


def test_a_program_that_ends_ends_its_peers_stream_and_is_started_again(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with relay(PROGRAM, environment, tmp_path) as process:
        peer = Peer(environment)
        first = peer.hear()
        peer.say(b"end")
        with pytest.raises((grpc.RpcError, StopIteration)):
            peer.hear()
        peer.leave()
        peer = Peer(environment)
        second = peer.hear()
        assert second != first
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert until(lambda: not psutil.pid_exists(int(second)) or None, PATIENCE)


def test_a_program_that_does_not_stay_ends_the_relay(environment: dict[str, str], tmp_path: Path) -> None:
    with relay("raise SystemExit(3)", environment, tmp_path) as process:
        assert process.wait(PATIENCE) == 3
