"""A transaction step by step."""

from fabric_gateway.testing import Invocation, MemoryGateway


def assets(call: Invocation) -> str:
    """Stands for the chaincode."""
    key, owner = (argument.decode() for argument in call.arguments)
    call.put(key, owner)
    return f"{key} belongs to {owner}"


with MemoryGateway({"assets": assets}) as memory, memory.connect() as gateway:
    contract = gateway.network("channel").contract("assets")

    # --8<-- [start:steps]
    proposal = contract.proposal("Create", "car", "Ann")
    transaction = proposal.endorse()
    print("the chaincode says:", transaction.result.decode())

    commit = transaction.submit()
    status = commit.status()
    print(f"{status.code} in block {status.block_number}, successful: {status.successful}")
    # --8<-- [end:steps]

    # --8<-- [start:async]
    submitted = contract.submit_async("Create", "boat", "Ben")
    print("not waited for yet:", submitted.result.decode())
    print("now it is", submitted.status().code)
    # --8<-- [end:async]
