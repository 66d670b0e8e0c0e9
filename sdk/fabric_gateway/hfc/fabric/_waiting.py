"""Waiting for a transaction, as `chaincode_invoke` does: at each peer of the call."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence

from fabric_gateway import CommitStatus, aio
from fabric_gateway.hfc import _messages as m

_log = logging.getLogger(__name__)

_BEHIND = 1.0  # seconds that peers may be later than the first before it is asked whether they are there
_GRACE = 5.0  # seconds that a peer is given beyond the caller's own deadline, which is the one that counts


async def committed(
    gateways: Sequence[aio.Gateway], channel: str, transaction_id: str, seconds: float
) -> list[str]:
    """Wait until each peer has the transaction in a block; the validation codes.

    As in hfc, a peer that cannot be reached is not waited for, if another has the transaction.

    Raises:
        TimeoutError: not in a block of each peer in time.
        CommitStatusError: a peer refuses to tell.
    """
    asked: dict[asyncio.Task[CommitStatus], aio.Gateway] = {}
    for gateway in gateways:
        status = gateway.network(channel).commit(transaction_id).status(timeout=seconds + _GRACE)
        asked[asyncio.create_task(status)] = gateway
    try:
        async with asyncio.timeout(seconds):
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            _, late = await asyncio.wait(asked, timeout=_BEHIND)
            gone = {task for task in late if not await _is_there(asked[task])}
            statuses = await asyncio.gather(*(task for task in asked if task not in gone))
    except TimeoutError:
        raise TimeoutError(
            f"waitForEvent timed out: transaction {transaction_id} was not in a block of each peer within "
            f"{seconds} s; it may be valid all the same"
        ) from None
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    return [status.code for status in statuses]


async def _is_there(gateway: aio.Gateway) -> bool:
    (health,) = await gateway.check()
    if not health.healthy:
        _log.warning("not waiting for the transaction at peer %s", health)
    return health.healthy


def check_event(payload: bytes, pattern: str) -> None:
    """See that a transaction, given by its payload, has an event whose name begins as a pattern wants.

    Raises:
        TimeoutError: it has not, so that hfc would wait in vain.
    """
    data = m.common.Payload.FromString(payload).data
    action = m.transaction.ChaincodeActionPayload.FromString(
        m.transaction.Transaction.FromString(data).actions[0].payload
    )
    response = m.proposal_response.ProposalResponsePayload.FromString(action.action.proposal_response_payload)
    events = m.proposal.ChaincodeAction.FromString(response.extension).events
    name = m.chaincode_event.ChaincodeEvent.FromString(events).event_name
    if not name or not re.match(pattern, name):
        raise TimeoutError(
            f"waitForEvent timed out: the transaction is in a block, and its event is {name or 'none'!r}, "
            f"which {pattern!r} does not match"
        )
