"""What is on the ledger: its end, blocks and transactions."""

from fabric_gateway import NotOnLedger
from fabric_gateway.testing import Invocation, MemoryGateway


def assets(call: Invocation) -> str:
    """Stands for the chaincode."""
    key, owner = (argument.decode() for argument in call.arguments)
    before = call.get(key)
    call.put(key, owner)
    return "created" if before is None else "changed"


with MemoryGateway({"assets": assets}) as memory, memory.connect() as gateway:
    network = gateway.network("channel")
    contract = network.contract("assets")
    submitted = contract.submit_async("Give", "car", "Ann")
    submitted.status()
    contract.submit("Give", "car", "Ben")

    # --8<-- [start:transaction]
    transaction = network.transaction(submitted.transaction_id)
    print(f"{transaction.function} in block {transaction.block_number}: {transaction.code}")
    print("it returned", transaction.result)
    for names in transaction.namespaces:
        print("it read", [read.key for read in names.reads], "and wrote", names.writes)
    print("endorsed by", [endorsement.endorser.mspid for endorsement in transaction.endorsements])
    # --8<-- [end:transaction]

    # --8<-- [start:block]
    info = network.info()
    last = network.block(info.height - 1)
    before = network.block_by_hash(last.previous_hash)
    assert last.header_hash == info.current_block_hash
    assert last.intact and last.follows(before)
    print(
        f"{info.height} blocks; the transaction is in block",
        network.block_of(submitted.transaction_id).number,
    )
    # --8<-- [end:block]

    try:
        network.block(info.height)
    except NotOnLedger as error:
        print("not there:", error.chaincode_message)
