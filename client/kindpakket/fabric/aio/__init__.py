"""The names of `kindpakket.fabric` for asyncio: the same steps, arguments and errors, to be awaited.

    async with connect(profile, identity) as gateway:
        contract = gateway.network("zuidhorn").contract("kindpakket")
        result = await contract.submit("shop:List", '{"cursor": "", "limit": 100}')

What a method does is said at its sync twin. A gateway belongs to the event loop in which it was made."""

from kindpakket.fabric.aio.gateway import (
    Bulk,
    Commit,
    Contract,
    EventsRequest,
    Gateway,
    Network,
    OfflineSigning,
    Outbox,
    Proposal,
    Stream,
    SubmittedTransaction,
    Transaction,
    connect,
)

__all__ = [
    "Bulk",
    "Commit",
    "Contract",
    "EventsRequest",
    "Gateway",
    "Network",
    "OfflineSigning",
    "Outbox",
    "Proposal",
    "Stream",
    "SubmittedTransaction",
    "Transaction",
    "connect",
]
