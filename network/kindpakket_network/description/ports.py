"""Which node listens on which port.

Each organisation has a block of 30 ports by its place, which is its rank in the topology unless the topology
gives another; appending one moves no other, and one that leaves takes its place with it:

    +0 CA        +2 consenter            +6 first peer          +12 second peer, and so on
    +1 its       +3 its operations       +7 its operations
       operations +4 its administration  +8 its chaincode port
                  +5 no node's: see `free_base`
                                         +9 … +11 the chaincode processes of that peer,
                                                  one of them only during an upgrade

Further chaincodes have their processes' ports in an area of their own, if the topology has one: a block for
each of an organisation's four possible peers, with two ports for each chaincode from +6 on.
"""

from __future__ import annotations

import atexit
import errno
import random
import socket
from contextlib import ExitStack

from kindpakket_network.description.host import LOOPBACK

BLOCK = 30
PEERS_PER_ORGANISATION = 4
CHAINCODE_PLACES = 3
MOST_CHAINCODES = 12
CHAINCODE_BLOCK = BLOCK * PEERS_PER_ORGANISATION
JOINING = 2
HIGHEST = 65535
_FIRST_PEER = 6
_PEER_BLOCK = 6
EPHEMERAL = 32768
"""The first of the ports that Linux gives to outgoing connections, unless it is told otherwise."""
_FREE_RANGE = (12000, 32000)
_HELD = 5
_TRIES = 1000


def authority(base: int, organisation: int) -> tuple[int, int]:
    """The ports of an organisation's CA server: service, operations."""
    first = base + BLOCK * organisation
    return first, first + 1


def consenter(base: int, organisation: int) -> tuple[int, int, int]:
    """The ports of an organisation's consenter: service, operations, administration."""
    first = base + BLOCK * organisation + 2
    return first, first + 1, first + 2


def peer(base: int, organisation: int, number: int) -> tuple[int, int, int]:
    """The ports of an organisation's peer: service, operations, registration of chaincodes."""
    first = base + BLOCK * organisation + _FIRST_PEER + _PEER_BLOCK * number
    return first, first + 1, first + 2


def chaincode_places(chaincode: int, chaincodes: int, *, area: bool) -> list[int]:
    """The places of a chaincode's processes at a peer: the usual one first, the others for upgrades.

    Args:
        chaincode: the chaincode's number in the topology, from 0.
        chaincodes: how many there are.
        area: whether the topology has an area of ports for further chaincodes.
    """
    first = CHAINCODE_PLACES - 1
    own = CHAINCODE_PLACES + 2 * chaincode
    if chaincode >= first:
        return [own, own + 1]
    return [chaincode, *range(min(chaincodes, first), CHAINCODE_PLACES), *([own] if area else [])]


def chaincode(base: int, area: int | None, organisation: int, number: int, place: int) -> int:
    """The port of one of the places for chaincode processes of a peer.

    Args:
        base: the first port of all.
        area: the first port of the area for further chaincodes; only places beyond the first three need it.
        organisation: the organisation's number.
        number: the peer's number.
        place: the place.
    """
    if place < CHAINCODE_PLACES or area is None:
        return base + BLOCK * organisation + _FIRST_PEER + _PEER_BLOCK * number + 3 + place
    return area + CHAINCODE_BLOCK * organisation + BLOCK * number + _FIRST_PEER + place - CHAINCODE_PLACES


def is_free(port: int, address: str = LOOPBACK) -> bool:
    """Whether nothing listens on a port of one of this machine's addresses."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def free_base(organisations: int) -> int:
    """A base port from which the blocks of a number of organisations are free at present.

    They are this process's until it ends: it holds a port of each block that no node uses, so that neither
    it nor another process is given the same ones before their nodes listen.

    Raises:
        OSError: a thousand tries found none.
    """
    count = BLOCK * organisations
    for _ in range(_TRIES):
        base = random.randrange(_FREE_RANGE[0], _FREE_RANGE[1] - count, BLOCK)  # noqa: S311
        with ExitStack() as taken:
            blocks = range(base, base + count, BLOCK)
            if all(_hold(block + _HELD, taken) for block in blocks) and all(
                is_free(port) for port in range(base, base + count) if (port - base) % BLOCK != _HELD
            ):
                atexit.register(taken.pop_all().close)
                return base
    raise OSError(errno.EADDRINUSE, f"no {count} consecutive free ports between {_FREE_RANGE}")


def _hold(port: int, taken: ExitStack) -> bool:
    """Whether this process could take a port, which it then keeps from all others."""
    # Without SO_REUSEADDR: with it, another process could bind the port, too.
    holder = taken.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    try:
        holder.bind((LOOPBACK, port))
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            return False
        raise
    return True
