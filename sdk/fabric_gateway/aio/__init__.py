"""The names of `fabric_gateway` for asyncio: the same steps, arguments and errors, to be awaited.

    async with connect(profile, identity) as gateway:
        contract = gateway.network("mychannel").contract("basic")
        result = await contract.submit("CreateAsset", "asset1", "blue", "5")

What a method does is said at its sync twin. A gateway belongs to the event loop in which it was made.
"""

from fabric_gateway.aio._bulk import Bulk
from fabric_gateway.aio._commit import Commit
from fabric_gateway.aio._contract import Contract, SubmittedTransaction
from fabric_gateway.aio._events_request import EventsRequest
from fabric_gateway.aio._gateway import Gateway, connect
from fabric_gateway.aio._network import Network
from fabric_gateway.aio._offline import OfflineSigning
from fabric_gateway.aio._outbox import Outbox
from fabric_gateway.aio._proposal import Proposal
from fabric_gateway.aio._stream import Stream
from fabric_gateway.aio._transaction import Transaction

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
