"""The organisations that a home acts for.

On a single machine, a home usually holds the keys of all organisations. Where each organisation has its own
machine, a home holds the keys of one: it starts that organisation's nodes, signs as its administrator, and
knows the others only from their bundles.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.health import listens
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.home import Home, read_record, write


def own_organisations(topology: Topology, home: Home) -> tuple[str, ...]:
    """The organisations whose keys a home holds, in the topology's order; by default all."""
    names = tuple(organisation.name for organisation in topology.organisations)
    if not home.own_organisations.is_file():
        return names
    recorded = read_record(home.own_organisations).get("organisations", [])
    return tuple(name for name in names if name in recorded)


def acts_for_all(topology: Topology, home: Home) -> bool:
    """Whether a home holds the keys of all organisations."""
    return len(own_organisations(topology, home)) == len(topology.organisations)


def choose_organisations(topology: Topology, home: Home, organisations: Sequence[str]) -> None:
    """Restrict a home to some organisations, from its first `up` on.

    Args:
        topology: the network.
        home: its folder.
        organisations: the names; empty: no change.

    Raises:
        NetworkError: the topology has no such organisation, or the home already acts for others.
    """
    known = [organisation.name for organisation in topology.organisations]
    for name in organisations:
        if name not in known:
            raise NetworkError(f"there is no organisation {name!r}: use some of {', '.join(known)}")
    if not organisations:
        return
    wanted = [name for name in known if name in organisations]
    if home.exists() and list(own_organisations(topology, home)) != wanted:
        raise NetworkError(
            f"{home.root} acts for {', '.join(own_organisations(topology, home))}, not for "
            f"{', '.join(wanted)}: leave --organisation out, or use another home"
        )
    if wanted != known:
        record_organisations(home, wanted)


def record_organisations(home: Home, organisations: Sequence[str]) -> None:
    """Record the organisations that a home acts for."""
    write(home.own_organisations, json.dumps({"organisations": list(organisations)}, indent=1))


def foreign_orderer_answers(node: str, topology: Topology, home: Home, inventory: Inventory) -> bool:
    """Whether a node is another organisation's orderer and accepts connections."""
    orderer = next((orderer for orderer in inventory.orderers if orderer.node == node), None)
    return (
        orderer is not None
        and orderer.organisation not in own_organisations(topology, home)
        and listens(orderer.ports[0], orderer.host)
    )
