"""Forked processes: gRPC's asyncio connections do not survive a `fork`, and block a child without a word.

gRPC serves all of a process's asyncio channels by one thread. A fork copies the channels and not the thread,
so in the child every asyncio call waits for good, also on a channel that the child opens itself. Blocking
channels are gRPC's own to care for, and work in the child.
"""

from __future__ import annotations

import os
from typing import Any
from weakref import WeakSet

from fabric_gateway._connection.peers import Peers
from fabric_gateway.errors import ConnectionClosed

_watched: WeakSet[Peers[Any]] = WeakSet()


class _Fate:
    """Whether this process was forked from one that had asyncio connections open."""

    broken = False


def watch(peers: Peers[Any]) -> None:
    """Remember a session's links: at a fork, their open channels break asyncio in the child."""
    _watched.add(peers)


def check() -> None:
    """Raise `ConnectionClosed` where an asyncio call would wait for good."""
    if _Fate.broken:
        raise ConnectionClosed(
            "this process was forked from one with open asyncio connections to a peer, and gRPC cannot serve "
            "asyncio in it: close every gateway before the fork, start the process with multiprocessing's "
            "'spawn' or 'forkserver', or use the blocking fabric_gateway in the child"
        )


def _forked() -> None:
    if any(link.is_open for peers in _watched for link in peers.links):
        _Fate.broken = True


os.register_at_fork(after_in_child=_forked)
