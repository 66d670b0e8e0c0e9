"""For which organisations a home acts.

On one machine a home usually holds the keys of all organisations. Where each organisation has a machine of
its own, a home holds the keys of one: it starts that organisation's nodes, signs as its administrator, and
knows of the others only what their bundles brought.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.health import listens
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.home import Home, read_record, write


def acting(topology: Topology, home: Home) -> tuple[str, ...]:
    """The organisations whose keys a home holds, in the topology's order: all, unless it was told which."""
    names = tuple(one.name for one in topology.organisations)
    if not home.acting.is_file():
        return names
    told = read_record(home.acting).get("organisations", [])
    return tuple(name for name in names if name in told)


def remember(topology: Topology, home: Home, organisations: Sequence[str]) -> None:
    """Have a home act for these organisations only, from its first `up` on.

    Args:
        topology: the network.
        home: its folder.
        organisations: the names; none: what the home acts for stays as it is.

    Raises:
        NetworkError: the topology has no such organisation, or the home acts for others already.
    """
    known = [one.name for one in topology.organisations]
    for name in organisations:
        if name not in known:
            raise NetworkError(f"there is no organisation {name!r}: use some of {', '.join(known)}")
    if not organisations:
        return
    wanted = [name for name in known if name in organisations]
    if home.exists() and list(acting(topology, home)) != wanted:
        raise NetworkError(
            f"{home.root} acts for {', '.join(acting(topology, home))}, not for {', '.join(wanted)}: "
            "leave --organisation out, or use another home"
        )
    if wanted != known:
        act_for(home, wanted)


def act_for(home: Home, organisations: Sequence[str]) -> None:
    """Write down for which organisations a home acts."""
    write(home.acting, json.dumps({"organisations": list(organisations)}, indent=1))


def elsewhere(node: str, topology: Topology, home: Home, inventory: Inventory) -> bool:
    """Whether a node is another organisation's orderer and accepts connections."""
    found = next((one for one in inventory.orderers if one.node == node), None)
    return (
        found is not None
        and found.organisation not in acting(topology, home)
        and listens(found.ports[0], found.host)
    )
