"""A node that only listens does not serve yet: it may still fail to open its ledgers."""

from __future__ import annotations

import socket

from fabric_gateway.testing import MemoryGateway
from kindpakket_network.nodes.health import listens, serves


def test_a_node_that_listens_serves_only_once_it_completes_a_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as waiting:
        port = waiting.getsockname()[1]
        assert (listens(port), serves(port)) == (True, False)
    assert (listens(port), serves(port)) == (False, False)
    with MemoryGateway({}, tls=True) as gateway:
        port = int(gateway.endpoint.rpartition(":")[2])
        assert (listens(port), serves(port)) == (True, True)
