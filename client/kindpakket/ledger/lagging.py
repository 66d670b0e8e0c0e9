"""Peers that are a block apart: a request that one endorses and another one refuses is proposed again.

This chaincode decides by the ledger alone, never by the organisation whose peer runs it. So when some peers
endorse and others refuse, they do not have the same blocks, and will have them a moment later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from fabric_gateway import EndorseError

T = TypeVar("T")

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds: a peer that is behind gets its block by gossip within a second."""


def until_peers_agree(
    submit: Callable[[], T], organisations: Sequence[str] = (), wait: Callable[[float], object] = time.sleep
) -> T:
    """Submit a request, again while peers differ about it; nothing was ordered then.

    Args:
        submit: submits it, under the same request id each time.
        organisations: MSP ids of the endorsing organisations, if they were named: a refusal by all of them is
            one.
        wait: waits for some seconds.

    Raises:
        EndorseError: the peers still differ after some three seconds, or refuse; and what `submit` raises.
    """
    for pause in PAUSES:
        try:
            return submit()
        except EndorseError as error:
            if error.chaincode_message is None or not error.peers_differ(organisations):
                raise
        wait(pause)
    return submit()
