"""Which of an organisation's own peers have what is on the ledger now, each asked by itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fabric_gateway import Network
    from kindpakket_cli.session import Session

SECONDS = 30.0
"""How long a peer may take to show what another one of its organisation has: gossip takes seconds."""


def lagging(session: Session) -> list[str]:
    """The peers of the user's organisation that do not show the newest block of the peer that answers first.

    A peer that shows it has carried out what is in all blocks up to it, purges of private records included.
    """
    newest = session.network().ledger_height() - 1
    return [name for name, network in session.networks_by_peer().items() if not _has(network, newest)]


def _has(network: Network, number: int) -> bool:
    """Whether a peer shows a block, or gets it in time."""
    from fabric_gateway import FabricError

    stream = network.blocks(number, number, reconnect=False)
    over = threading.Timer(SECONDS, stream.close)
    over.start()
    try:
        return any(True for _ in stream)
    except FabricError:
        return False
    finally:
        over.cancel()
        stream.close()
