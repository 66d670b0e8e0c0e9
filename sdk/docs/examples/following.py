"""Following a channel: blocks, filtered blocks, and events of a chaincode."""

from itertools import islice

from fabric_gateway.blocks import Block
from fabric_gateway.testing import Invocation, MemoryGateway


def parcels(call: Invocation) -> None:
    """Stands for the chaincode."""
    parcel, place = (argument.decode() for argument in call.arguments)
    call.put(parcel, place)
    call.emit("Moved", f"{parcel} is in {place}")


with MemoryGateway({"parcels": parcels}) as memory, memory.connect() as gateway:
    network = gateway.network("channel")
    contract = network.contract("parcels")
    for place in ("Zuidhorn", "Groningen", "Assen"):
        contract.submit("Move", "parcel 7", place)

    # --8<-- [start:events]
    with network.chaincode_events("parcels", start_block=0) as events:
        for event in islice(events, 3):
            print(f"block {event.block_number}: {event.name}: {event.payload.decode()}")
    # --8<-- [end:events]

    # --8<-- [start:filtered]
    with network.filtered_blocks(start=1, stop=2) as filtered:
        for short in filtered:
            for transaction in short.transactions:
                print(f"block {short.number}: {transaction.kind} is {transaction.code}")
    # --8<-- [end:filtered]

    # --8<-- [start:blocks]
    with network.blocks(start=0, stop=network.ledger_height() - 1) as blocks:
        previous: Block | None = None
        for message in blocks:
            block = Block.decode(message)
            assert block.intact and (previous is None or block.follows(previous))
            for found in block.transactions:
                for write in found.writes("parcels"):
                    print(f"block {block.number}: {found.function} wrote {write.key} = {write.value!r}")
            previous = block
    # --8<-- [end:blocks]
