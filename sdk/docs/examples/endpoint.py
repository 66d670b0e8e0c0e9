"""Connecting by address, with TLS."""

from fabric_gateway import Deadlines, connect
from fabric_gateway.testing import Invocation, MemoryGateway


def echo(call: Invocation) -> str:
    """Stands for the chaincode."""
    return f"{call.mspid} says {call.arguments[0].decode()}"


with MemoryGateway({"echo": echo}, tls=True) as memory:
    identity, tls_root = memory.identity, memory.tls_root

    # --8<-- [start:connect]
    with connect(
        endpoint=memory.endpoint,  # such as "peer0.example.com:7051"
        identity=identity,
        tls_root=tls_root,
        server_name="peer0.memory",  # only where the certificate does not name the host
        deadlines=Deadlines(evaluate=2, commit_status=20),
    ) as gateway:
        contract = gateway.network("channel").contract("echo")
        print(contract.evaluate("Echo", "good day").decode())
    # --8<-- [end:connect]
