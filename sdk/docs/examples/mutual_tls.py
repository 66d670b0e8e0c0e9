"""Mutual TLS: the client shows a certificate of its own."""

from fabric_gateway import connect
from fabric_gateway.testing import Invocation, MemoryGateway


def echo(call: Invocation) -> bytes:
    """Stands for the chaincode."""
    return call.arguments[0]


with MemoryGateway({"echo": echo}, mutual_tls=True) as memory:
    certificate, key = memory.client_certificate, memory.client_key

    # --8<-- [start:connect]
    with connect(
        endpoint=memory.endpoint,
        identity=memory.identity,
        tls_root=memory.tls_root,
        server_name="peer0.memory",
        client_certificate=certificate,  # PEM, or the path of a file
        client_key=key,
    ) as gateway:
        print(gateway.network("channel").contract("echo").evaluate("Echo", "good day").decode())
    # --8<-- [end:connect]
