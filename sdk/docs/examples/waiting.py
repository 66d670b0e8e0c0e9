"""The same with asyncio: many calls at once, in one thread."""

import asyncio

from fabric_gateway import aio
from fabric_gateway.testing import Invocation, MemoryGateway


def assets(call: Invocation) -> str:
    """Stands for the chaincode."""
    call.put(call.arguments[0].decode(), "there")
    call.emit("Created", call.arguments[0])
    return call.arguments[0].decode()


async def main(memory: MemoryGateway) -> None:
    """Submit ten transactions at once, and read their events."""
    async with aio.connect(endpoint=memory.endpoint, identity=memory.identity) as gateway:
        network = gateway.network("channel")
        contract = network.contract("assets")

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(contract.submit("Create", f"asset {n}")) for n in range(10)]
        print("submitted:", len({task.result() for task in tasks}))

        async with network.chaincode_events("assets", start_block=0) as events:
            seen = 0
            async for event in events:
                seen += event.name == "Created"
                if seen == 10:
                    break
        print("events:", seen)


with MemoryGateway({"assets": assets}) as memory:
    asyncio.run(main(memory))
