"""A peer's connection files for its chaincode processes.

A peer keeps a copy of each connection file from when the package was installed, including its client
certificate and key. So a peer with a renewed certificate needs new copies.
"""

from __future__ import annotations

import json

from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.home import write

COPIES = "externalbuilder/builds/*/release/chaincode/server/connection.json"


def credentials(peer: Peer) -> dict[str, str]:
    """The members of a connection file with the peer's present certificate, its key and its trusted root."""
    tls = peer.folder / "tls"
    files = {"root_cert": "ca.pem", "client_cert": "cert.pem", "client_key": "key.pem"}
    return {member: (tls / name).read_text("ascii") for member, name in files.items()}


def refresh(peer: Peer) -> None:
    """Put the peer's present certificate into all its connection files; it reads them when it starts."""
    present = credentials(peer)
    for path in [*peer.connections.glob("*.json"), *(peer.folder / "data").glob(COPIES)]:
        connection = json.loads(path.read_text("utf-8"))
        if connection != {**connection, **present}:
            write(path, json.dumps({**connection, **present}, indent=1), mode=0o600)
