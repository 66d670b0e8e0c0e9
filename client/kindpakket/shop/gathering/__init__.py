"""Gathers payments, captures and refunds that arrive together into one transaction, `payment:Batch`.

    item        one request, and what it must not be in flight with
    queue       which requests are sent together, and when
    verdict     what an answer or a failure of a batch means for each of its requests
    threads     for programs with threads
    tasks       for asyncio

Only the last two wait, send or lock anything; the others decide.
"""

from kindpakket.shop.gathering.errors import GatheringClosed, UnknownPayment
from kindpakket.shop.gathering.threads import Gathering

__all__ = ["Gathering", "GatheringClosed", "UnknownPayment"]
