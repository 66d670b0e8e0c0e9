"""The verbs that take something out of a network: a user, a peer, a consenter, an organisation or a channel.

A removal is a topology without it, or several in turn; `up` makes each of them so, as it does when a network
grows. What would cost a channel its quorum, a policy its signatures or a collection its data is refused
before anything is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kindpakket_network.chaincodes.naming import naming
from kindpakket_network.channel.quorum import ensure_dispensable
from kindpakket_network.channel.submission import current
from kindpakket_network.description import removal as without
from kindpakket_network.description.chaincode import Chaincode
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.editing import organisation_of
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError, NoSuch
from kindpakket_network.nodes.catching_up import await_height
from kindpakket_network.nodes.departures import (
    CHANNEL,
    CONSENTER,
    ORGANISATION,
    PEER,
    USER,
    Departure,
    departures,
    pending,
)
from kindpakket_network.nodes.inventory import Inventory, orderer_of
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Progress, Session
from kindpakket_network.programs.home import Home
from kindpakket_network.reports.plan import Plan
from kindpakket_network.verbs.local import silent
from kindpakket_network.verbs.network import Network


@dataclass(frozen=True)
class Stage:
    """A topology on the way, and what leaves by it.

    Attributes:
        topology: the network as it is then.
        departure: what leaves; None: only policies change.
    """

    topology: Topology
    departure: Departure | None = None


@dataclass(frozen=True)
class Removal:
    """A removal that is possible.

    Attributes:
        subject: what leaves: a node, a `user@organisation`, an organisation or a channel.
        stages: what is to be done, in turn; none if it has left already.
        keep_name: whether chaincodes that cannot end a name may go on naming an organisation that leaves.
    """

    subject: str
    stages: tuple[Stage, ...]
    keep_name: bool = False


def user(network: Network, organisation: str, name: str, *, delete: bool = False) -> Removal:
    """The removal of a user, also of one that the topology does not declare.

    Args:
        network: the network.
        organisation: the user's organisation.
        name: the user's name.
        delete: delete its keys, rather than set them aside.

    Raises:
        NoSuch: there is no such organisation or user.
        NetworkError: it is the organisation's only administrator, or the next one has no certificate yet.
    """
    departure = Departure(USER, name, organisation, delete=delete)
    topology, home = network.topology, Home(network.home)
    smaller = without.without_user(topology, organisation, name)
    there = departure.is_described(topology) or home.user(organisation, name).is_dir()
    if not there:
        return _earlier(network, departure)
    known, admin = topology.organisation(organisation), smaller.organisation(organisation).admin
    own = organisation in network.own_organisations
    if own and known.admin != admin and not (home.user(organisation, admin.name) / "tls").is_dir():
        raise NetworkError(
            f"{admin.name} is to be the administrator of {organisation} after {name}, and has no certificate "
            "yet: run `kindpakket network up` first"
        )
    departure = replace(departure, msp=known.msp)
    return Removal(departure.subject, (Stage(smaller, departure),))


def peer(network: Network, organisation: str, name: str, *, delete: bool = False) -> Removal:
    """The removal of a peer.

    Args:
        network: the network.
        organisation: the peer's organisation.
        name: the peer's name.
        delete: delete its keys and ledgers, rather than set them aside.

    Raises:
        NoSuch: there is no such organisation or peer.
        NetworkError: endorsement policies or private data need it, or other peers that do are down.
    """
    departure = Departure(PEER, name, organisation, delete=delete)
    known = organisation_of(network.topology, organisation)
    if not departure.is_described(network.topology):
        return _earlier(network, departure)
    smaller = without.without_peer(network.topology, organisation, name)
    channels = tuple(
        channel.name
        for channel in network.topology.channels
        if organisation in [member.organisation for member in channel.members]
    )
    inventory = Inventory.of(network.topology, Home(network.home))
    servers = [server.node for server in inventory.chaincodes if server.peer.node == departure.subject]
    nodes = (departure.subject, *servers)
    departure = replace(departure, msp=known.msp, channels=channels, nodes=nodes)
    return Removal(departure.subject, (Stage(smaller, departure),))


def consenter(
    network: Network, organisation: str, channels: Sequence[str] = (), *, delete: bool = False
) -> Removal:
    """The removal of an organisation's orderer, also of a lost one, from channels that it orders.

    Args:
        network: the network.
        organisation: the organisation.
        channels: the channels; empty: all, after which it ends.
        delete: delete its keys and blocks, rather than set them aside.

    Raises:
        NoSuch: there is no such organisation or channel, or its orderer does not order it.
        NetworkError: too few consenters would be left, or enough of the others are down.
    """
    departure = Departure(CONSENTER, organisation, organisation, delete=delete)
    known = organisation_of(network.topology, organisation)
    ordered = [channel.name for channel in network.topology.channels if organisation in channel.consenters]
    if not known.consenter or (channels and not set(channels) & set(ordered)):
        return _earlier(network, departure)
    smaller = without.without_consenter(network.topology, organisation, channels or None)
    departure = replace(
        departure,
        msp=known.msp,
        channels=tuple(channels or ordered),
        nodes=() if smaller.organisation(organisation).consenter else (departure.subject,),
    )
    return Removal(departure.subject, (Stage(smaller, departure),))


def organisation(network: Network, name: str, *, delete: bool = False, keep_name: bool = False) -> Removal:
    """The removal of an organisation: from policies, from ordering, from its channels, and from the network.

    Args:
        network: the network.
        name: the organisation's name.
        delete: delete its keys and ledgers, rather than set them aside.
        keep_name: chaincodes may go on naming it because they cannot end a name; what is its own there has
            been ended.

    Raises:
        NoSuch: there is no such organisation.
        NetworkError: a policy, a collection or ordering needs it, or this home acts for it alone.
    """
    topology = network.topology
    if name not in [known.name for known in topology.organisations]:
        return _earlier(network, Departure(ORGANISATION, name, name))
    if network.own_organisations == (name,):
        raise NetworkError(
            f"{network.home} acts for {name} alone: have the others remove it, then run `kindpakket network "
            "down` here, and keep this home for as long as its ledgers have to be kept"
        )
    stages: list[Stage] = []
    known = topology.organisation(name)
    apart = without.apart(topology, name)
    if apart.document != topology.document:
        stages.append(Stage(apart))
    begun = pending(topology, Home(network.home))
    stages += [Stage(apart, each) for each in begun if each.organisation == name]
    here = Network(apart, network.home)
    if known.consenter:
        stages += consenter(here, name, delete=delete).stages
    last = without.without_organisation(stages[-1].topology if stages else apart, name)
    channels = tuple(
        channel.name
        for channel in topology.channels
        if name in [member.organisation for member in channel.members]
    )
    nodes = Inventory.of(topology, Home(network.home)).nodes_of([name])
    departure = Departure(ORGANISATION, name, name, known.msp, channels, nodes, delete)
    return Removal(name, (*stages, Stage(last, departure)), keep_name)


def channel(network: Network, name: str, *, delete: bool = False) -> Removal:
    """The removal of a channel from this home's nodes. Those in other homes keep it until they remove it.

    Args:
        network: the network.
        name: the channel's name.
        delete: do not keep a copy of its peers' ledgers.

    Raises:
        NoSuch: there is no such channel.
        NetworkError: it is the only one.
    """
    departure = Departure(CHANNEL, name, channels=(name,), delete=delete)
    if not departure.is_described(network.topology):
        return _earlier(network, departure)
    return Removal(name, (Stage(without.without_channel(network.topology, name), departure),))


def plan(network: Network, removal: Removal) -> Plan:
    """What a removal would do.

    Raises:
        NetworkError: as `ensure_ready`.
    """
    ensure_ready(network, removal)
    wanted = removal.stages[-1].topology if removal.stages else network.topology
    leaving = [stage.departure for stage in removal.stages if stage.departure is not None]
    return Network(wanted, network.home).plan(leaving)


def ensure_ready(network: Network, removal: Removal) -> None:
    """Check that the nodes that stay can do without what leaves.

    Raises:
        NetworkError: too few of them run, or have caught up; or the network is to follow another topology.
    """
    home = Home(network.home)
    if home.exists() and Topology.load(home.topology) != network.topology:
        raise NetworkError(
            f"what is removed is taken out of {home.topology}: leave out --topology, and run "
            "`kindpakket network up` with the other topology before or afterwards"
        )
    session = network.session()
    for stage in removal.stages:
        if stage.departure is None or not stage.departure.is_described(session.topology):
            continue
        if stage.departure.kind == CONSENTER:
            _ensure_ordered(session, stage.departure)
        if stage.departure.kind == PEER:
            _ensure_endorsed(session, stage.departure)
        if stage.departure.kind == ORGANISATION and not removal.keep_name:
            _ensure_unnamed(session, stage.departure)


def run(network: Network, removal: Removal, progress: Progress = silent) -> None:
    """Take something out of the network.

    Raises:
        Waiting: this home has done what it can; another organisation must act next.
        NetworkError: the nodes that stay cannot do without it, and nothing was done; or a step failed, and
            the same removal, or `up`, resumes.
    """
    ensure_ready(network, removal)
    for stage in removal.stages:
        if stage.departure is None:
            network.become(stage.topology, progress)
        else:
            network.leave(stage.topology, stage.departure, progress)


def _earlier(network: Network, departure: Departure) -> Removal:
    """A removal that has begun or is finished: what the topology no longer has.

    Raises:
        NoSuch: it was never there.
    """
    found = [each for each in departures(Home(network.home)) if each.same(departure)]
    if not found:
        kind = "orderer" if departure.kind == CONSENTER else departure.kind
        raise NoSuch(f"there is no {kind} {departure.subject!r} in the network in {network.home}")
    if found[-1].done is not None:
        return Removal(departure.subject, ())
    return Removal(departure.subject, (Stage(network.topology, found[-1]),))


def _ensure_unnamed(session: Session, departure: Departure) -> None:
    """Check that no chaincode names an organisation."""
    found = naming(session, departure.msp)
    if found:
        raise NetworkError(
            f"{' and '.join(found)} {'names' if len(found) == 1 else 'name'} {departure.msp}: end there what "
            "is its own, such as its shops, and then its name; for Kindpakket, run `kindpakket organisation "
            f"propose-end {departure.msp}`. If the chaincode cannot end a name, remove the organisation with "
            "--keep-name. No organisation can get that MSP id again"
        )


def _ensure_ordered(session: Session, departure: Departure) -> None:
    known = session.topology.organisation(departure.organisation)
    leaving = orderer_of(session.topology, session.home, known)
    for channel in session.own_channels:
        if channel.name in departure.channels:
            present = current(session, channel)
            if departure.msp in [consenter.msp for consenter in present.consenters()]:
                ensure_dispensable(session, channel, present, leaving)


def _ensure_endorsed(session: Session, departure: Departure) -> None:
    """Check that the peers that run can endorse without one, and that they have its private data."""
    for channel in session.own_channels:
        if channel.name not in departure.channels:
            continue
        staying = [
            peer
            for peer in session.peers_on(channel)
            if peer.node != departure.subject and session.answers(peer)
        ]
        for chaincode in channel.chaincodes:
            _ensure_signed(channel, chaincode, departure, staying)
            _ensure_held(session, channel, chaincode, departure, staying)


def _ensure_signed(
    channel: Channel, chaincode: Chaincode, departure: Departure, staying: Sequence[Peer]
) -> None:
    able = {peer.msp for peer in staying}
    for policy in _policies(channel, chaincode):
        if not without.endorsable(policy, able):
            raise NetworkError(
                f"without {departure.subject}, the peers that run cannot endorse {chaincode.name} on "
                f"{channel.name}, which needs {policy}: start the others with `kindpakket network up` first"
            )


def _policies(channel: Channel, chaincode: Chaincode) -> Iterator[str]:
    yield chaincode.endorsement
    yield channel.lifecycle_endorsement
    yield from (each.endorsement for each in chaincode.collections if each.endorsement is not None)


def _ensure_held(
    session: Session, channel: Channel, chaincode: Chaincode, departure: Departure, staying: Sequence[Peer]
) -> None:
    """Check that another peer has every block, and with them the private data of each collection."""
    for collection in chaincode.collections:
        names = without.holders(session.topology, channel, collection)
        if departure.subject not in names:
            continue
        others = [peer for peer in staying if peer.node in names]
        if not others:
            raise NetworkError(
                f"the private data in {collection.name} on {channel.name} are on {' and '.join(names)}, and "
                f"without {departure.subject} none of them runs: start the others with `kindpakket network "
                "up` first"
            )
        leaving = next(peer for peer in session.peers_on(channel) if peer.node == departure.subject)
        height = leaving.height(channel.name) or 0
        for other in others:
            if other.organisation in session.own_organisations:
                await_height(session.processes, other, channel.name, height, session.progress)
