"""Certificate authorities for the program: as Fabric CA comes, and told to take hfc's old tokens too."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import requests

from kindpakket_network.programs import programs
from kindpakket_network.wait import until

REGISTRAR = "registrar:registrarpw"
_READY = 30.0


@contextmanager
def authority(folder: Path, *, takes_old_tokens: bool) -> Iterator[str]:
    """A Fabric CA server on a free port; its URL. It is stopped at the end."""
    port, operations = _free_port(), _free_port()
    settings = {
        "FABRIC_CA_SERVER_COMPATIBILITY_MODE_V1_3": str(takes_old_tokens).lower(),
        "FABRIC_CA_SERVER_OPERATIONS_LISTENADDRESS": f"127.0.0.1:{operations}",
    }
    arguments = ["--home", str(folder), "--address", "127.0.0.1", "--port", str(port), "-b", REGISTRAR]
    allowed = ["--cfg.affiliations.allowremove", "--cfg.identities.allowremove"]
    program = programs(print).path("fabric-ca-server")
    url = f"http://127.0.0.1:{port}"
    folder.mkdir(parents=True)
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [program, "start", *arguments, *allowed],
            env={**os.environ, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            if not until(lambda: _answers(url, server), _READY):
                raise RuntimeError(f"the certificate authority did not start: {log.read_text()[-1000:]}")
            yield url
        finally:
            server.terminate()
            server.wait(10)


def _answers(url: str, server: subprocess.Popen[bytes]) -> bool | None:
    """True when it answers, False when it has ended; None: not yet."""
    try:
        return requests.get(f"{url}/cainfo", timeout=5).ok
    except requests.ConnectionError:
        return None if server.poll() is None else False


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
