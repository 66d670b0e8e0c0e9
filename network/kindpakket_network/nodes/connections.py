"""What a peer shows to its chaincode processes.

A peer keeps a copy of each connection file, made when the package was installed, with its client certificate
and key in it. A peer with a new certificate therefore needs new copies.
"""

from __future__ import annotations

import json

from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.home import write

COPIES = "externalbuilder/builds/*/release/chaincode/server/connection.json"


def credentials(peer: Peer) -> dict[str, str]:
    """The members of a connection that hold the peer's present certificate, its key, and whom it trusts."""
    tls = peer.folder / "tls"
    files = {"root_cert": "ca.pem", "client_cert": "cert.pem", "client_key": "key.pem"}
    return {member: (tls / name).read_text("ascii") for member, name in files.items()}


def refresh(peer: Peer) -> None:
    """Put the peer's present certificate into all its connections; it reads them when it is started."""
    present = credentials(peer)
    for path in [*peer.connections.glob("*.json"), *(peer.folder / "data").glob(COPIES)]:
        connection = json.loads(path.read_text("utf-8"))
        if connection != {**connection, **present}:
            write(path, json.dumps({**connection, **present}, indent=1), mode=0o600)
