"""Two peers, of which one stops."""

from fabric_gateway import Deadlines, connect
from fabric_gateway.testing import Invocation, MemoryGateway


def counter(call: Invocation) -> str:
    """Stands for the chaincode."""
    value = int(call.get("count") or 0) + 1
    call.put("count", str(value))
    return str(value)


with MemoryGateway({"counter": counter}) as peer0, peer0.replica() as peer1:
    identity = peer0.identity

    # --8<-- [start:peers]
    with connect(
        endpoint=[peer0.endpoint, peer1.endpoint],
        identity=identity,
        deadlines=Deadlines(endorse=4),
    ) as gateway:
        contract = gateway.network("channel").contract("counter")
        print("both are up:", contract.submit("Add").decode())

        peer0.stop()
        print("one is down:", contract.submit("Add").decode())
        for peer in gateway.peers():
            print("healthy:", peer.healthy, "- failures in a row:", peer.failures)
    # --8<-- [end:peers]
