"""What is known of a submit that was cancelled."""

import asyncio

from fabric_gateway import UnknownOutcome, aio
from fabric_gateway.testing import Invocation, MemoryGateway


def purse(call: Invocation) -> str:
    """Stands for the chaincode."""
    call.put("paid", call.arguments[0])
    return "paid"


# --8<-- [start:pay]
def known_of(error: BaseException | None) -> UnknownOutcome | None:
    """The unknown outcome behind a cancellation; None: nothing was sent to the orderers."""
    while error is not None and not isinstance(error, UnknownOutcome):
        error = error.__cause__
    return error


async def pay(network: aio.Network, cents: int) -> str:
    """Pay within a second, and say what became of it."""
    try:
        async with asyncio.timeout(1):
            await network.contract("purse").submit("Pay", str(cents))
    except TimeoutError as error:
        unknown = known_of(error)
        if unknown is None:
            return "not paid"
        status = await network.commit(unknown.transaction_id).status()
        return f"known late: {status.code}"
    return "paid"


# --8<-- [end:pay]


async def main(memory: MemoryGateway) -> None:
    """Pay while the orderers are slow."""
    async with aio.connect(endpoint=memory.endpoint, identity=memory.identity) as gateway:
        network = gateway.network("channel")
        memory.hang("Endorse")
        print(await pay(network, 10))
        memory.hang("Submit", after=True)
        print(await pay(network, 10))


with MemoryGateway({"purse": purse}) as memory:
    asyncio.run(main(memory))
