"""What a peer knows of its channel."""

from fabric_gateway import ChaincodeCall
from fabric_gateway.testing import Invocation, MemoryGateway


def assets(call: Invocation) -> None:
    """Stands for the chaincode."""


with MemoryGateway({"assets": assets}) as memory, memory.connect() as gateway:
    # --8<-- [start:discovery]
    network = gateway.network("channel")
    for peer in network.peers():
        runs = ", ".join(f"{each.name} {each.version}" for each in peer.chaincodes)
        print(f"{peer.mspid}: {peer.address}, {peer.height} blocks, runs {runs}")

    config = network.config()
    print("organisations:", list(config.msps))
    print("orderers:", dict(config.orderers))

    plan = network.endorsers(ChaincodeCall("assets", collections=("secrets",)))
    for organizations in plan.organizations:
        print("enough:", sorted(organizations))
    # --8<-- [end:discovery]
