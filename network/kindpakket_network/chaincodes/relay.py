"""Serves a peer on behalf of a chaincode program that dials its peer itself (`shim.Start`).

    python -m kindpakket_network.chaincodes.relay PROGRAM [ARGUMENT ...]

The program finds the relay where it expects its peer: on a socket that only this user can open. Both sides
send the same messages, which the relay passes on unread. It listens for the peer once the program has
registered, starts the program again for the peer's next connection, and ends when the program does not stay.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio

from kindpakket_network.programs.process import MARK

# Messages may be as large as peer and program allow.
_OPTIONS = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
# Seconds for the program to end after SIGTERM.
_TERMINATION = 5.0


@dataclass
class _Registration:
    """A program's stream, and whether its peer has taken it."""

    stream: Any
    taken: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Relay:
    """One chaincode program, and the server that stands for it.

    Args:
        command: the program and its arguments.
        socket: where the program dials.
    """

    def __init__(self, command: Sequence[str], socket: Path) -> None:
        self._command = [*command, f"-peer.address=unix://{socket}"]
        self._socket = socket
        self._waiting: asyncio.Queue[_Registration] = asyncio.Queue()
        self._registered = asyncio.Event()
        self._taken = False

    async def run(self) -> int:
        """Serve until the program ends without having been used.

        Returns:
            The program's exit status.
        """
        inner = _server("protos.ChaincodeSupport", "Register", self._register)
        inner.add_insecure_port(f"unix://{self._socket}")
        await inner.start()
        outer: grpc.aio.Server | None = None
        process = await self._start()
        try:
            while True:
                ended = asyncio.ensure_future(process.wait())
                if outer is None:
                    registered = asyncio.ensure_future(self._registered.wait())
                    await asyncio.wait((ended, registered), return_when=asyncio.FIRST_COMPLETED)
                    registered.cancel()
                    if not ended.done():
                        outer = _server("protos.Chaincode", "Connect", self._connect)
                        outer.add_secure_port(os.environ["CHAINCODE_SERVER_ADDRESS"], _credentials())
                        await outer.start()
                status = await ended
                if not self._taken:
                    print(f"the chaincode's program ended with status {status}", file=sys.stderr)
                    return status or 1
                self._taken = False
                process = await self._start()
        finally:
            await _end(process)

    async def _start(self) -> Process:
        environment = {name: value for name, value in os.environ.items() if name != MARK}
        environment |= {
            "CORE_PEER_ADDRESS": f"unix://{self._socket}",
            "CORE_PEER_TLS_ENABLED": "false",
        }
        return await asyncio.create_subprocess_exec(*self._command, env=environment)

    async def _register(self, _: Any, stream: Any) -> None:
        """The program's stream stays open until the peer's ends."""
        registration = _Registration(stream)
        self._waiting.put_nowait(registration)
        self._registered.set()
        stream.add_done_callback(lambda _: registration.ended.set())
        await registration.ended.wait()

    async def _connect(self, _: Any, peer: Any) -> None:
        """Pair the peer's stream with the program's, until one of them ends."""
        program = await self._waiting.get()
        while program.ended.is_set():
            program = await self._waiting.get()
        self._taken = True
        copies: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(_copy(source, target))
            for source, target in ((program.stream, peer), (peer, program.stream))
        ]
        copies.append(asyncio.ensure_future(program.ended.wait()))
        try:
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for copy in copies:
                copy.cancel()
            program.ended.set()


async def _copy(source: Any, target: Any) -> None:
    while (message := await source.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]
        await target.write(message)


def _server(service: str, method: str, handler: Any) -> grpc.aio.Server:
    server = grpc.aio.server(options=_OPTIONS)
    handlers = {method: grpc.stream_stream_rpc_method_handler(handler)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    return server


def _credentials() -> grpc.ServerCredentials:
    key, certificate, root = (
        Path(os.environ[f"CHAINCODE_TLS_{name}"]).read_bytes() for name in ("KEY", "CERT", "CLIENT_CA")
    )
    return grpc.ssl_server_credentials([(key, certificate)], root, require_client_auth=True)


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _TERMINATION)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _main(command: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="kindpakket-relay-") as folder:
        serving = asyncio.ensure_future(Relay(command, Path(folder) / "peer.sock").run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, serving.cancel)
        try:
            return await serving
        except asyncio.CancelledError:
            return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(sys.argv[1:])))
