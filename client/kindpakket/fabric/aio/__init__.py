"""The names of `kindpakket.fabric` for asyncio: the same steps, arguments and errors, to be awaited.

    async with connect(profile, identity) as gateway:
        contract = gateway.network("zuidhorn").contract("kindpakket")
        result = await contract.submit("shop:List", '{"cursor": "", "limit": 100}')

What a method does is said at its sync twin. A gateway belongs to the event loop in which it was made.
"""

from kindpakket.fabric.aio._bulk import Bulk
from kindpakket.fabric.aio._commit import Commit
from kindpakket.fabric.aio._contract import Contract, SubmittedTransaction
from kindpakket.fabric.aio._events_request import EventsRequest
from kindpakket.fabric.aio._gateway import Gateway, connect
from kindpakket.fabric.aio._network import Network
from kindpakket.fabric.aio._offline import OfflineSigning
from kindpakket.fabric.aio._outbox import Outbox
from kindpakket.fabric.aio._proposal import Proposal
from kindpakket.fabric.aio._stream import Stream
from kindpakket.fabric.aio._transaction import Transaction

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
