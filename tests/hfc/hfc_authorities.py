"""Certificate authorities for the program: with Fabric CA's defaults, and accepting hfc's old tokens too."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from kindpakket_network.programs.fabric import programs
from kindpakket_network.programs.wait import until

REGISTRAR = "registrar:registrarpw"
_READY = 30.0


@dataclass(frozen=True)
class Authority:
    """A running authority: its address, its name, and the file with the certificate to trust."""

    url: str
    name: str
    roots: str


@contextmanager
def authority(folder: Path, *, takes_old_tokens: bool) -> Iterator[Authority]:
    """A Fabric CA server with TLS on a free port, stopped at the end."""
    port, operations = _free_port(), _free_port()
    made = Authority(f"https://localhost:{port}", "members", str(folder / "ca-cert.pem"))
    settings = {
        "FABRIC_CA_SERVER_COMPATIBILITY_MODE_V1_3": str(takes_old_tokens).lower(),
        "FABRIC_CA_SERVER_OPERATIONS_LISTENADDRESS": f"127.0.0.1:{operations}",
    }
    arguments = {
        "--home": folder,
        "--address": "127.0.0.1",
        "--port": port,
        "--boot": REGISTRAR,
        "--ca.name": made.name,
        "--csr.hosts": "localhost",
    }
    switches = ("--tls.enabled", "--cfg.affiliations.allowremove", "--cfg.identities.allowremove")
    program = programs(print).path("fabric-ca-server")
    folder.mkdir(parents=True)
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [program, "start", *(str(part) for pair in arguments.items() for part in pair), *switches],
            env={**os.environ, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            if not until(lambda: _answers(made, server), _READY):
                raise RuntimeError(f"the certificate authority did not start: {log.read_text()[-1000:]}")
            yield made
        finally:
            server.terminate()
            server.wait(10)


def _answers(made: Authority, server: subprocess.Popen[bytes]) -> bool | None:
    """True if it answers, False if it has ended, None if it does not answer yet."""
    try:
        return requests.get(f"{made.url}/cainfo", verify=made.roots, timeout=5).ok
    except OSError:  # it, or its certificate, is not there yet
        return None if server.poll() is None else False


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
