"""A reader that goes on where it stopped: after a break by itself, after its own end from a checkpoint."""

from itertools import islice
from pathlib import Path

from fabric_gateway import FileCheckpointer, Network
from fabric_gateway.testing import Invocation, MemoryGateway


def parcels(call: Invocation) -> None:
    """Stands for the chaincode."""
    call.put("parcel", call.arguments[0])
    call.emit("Moved", call.arguments[0])


# --8<-- [start:read]
def read(network: Network, file: Path, most: int) -> None:
    """Deal with events, and keep the position after each."""
    with (
        FileCheckpointer(file) as checkpoint,
        network.chaincode_events("parcels", start_block=0, checkpoint=checkpoint) as events,
    ):
        for event in islice(events, most):
            print(f"block {event.block_number}: {event.payload.decode()}")
            checkpoint.checkpoint_event(event)


# --8<-- [end:read]

with MemoryGateway({"parcels": parcels}) as memory, memory.connect() as gateway:
    network = gateway.network("channel")
    for place in ("Zuidhorn", "Groningen", "Assen", "Zwolle"):
        network.contract("parcels").submit("Move", place)

    memory.break_streams(2)  # the connection is lost after two messages
    read(network, Path("reader.json"), most=3)
    print("another run:")
    read(network, Path("reader.json"), most=1)
