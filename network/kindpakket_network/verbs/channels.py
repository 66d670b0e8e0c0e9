"""The verbs for the configurations of a network's channels."""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket_network.channel import change
from kindpakket_network.channel.capabilities import ensure_all_know, raised
from kindpakket_network.channel.difference import Difference
from kindpakket_network.channel.proposal import Proposal
from kindpakket_network.channel.review import Review
from kindpakket_network.channel.submission import current, signers
from kindpakket_network.channel.submission import submit as order
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.editing import channel_of
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NoSuch
from kindpakket_network.nodes.session import Progress, Session
from kindpakket_network.programs.deferral import deferring
from kindpakket_network.verbs.local import silent
from kindpakket_network.verbs.network import Network

_ONLY = (change.SETTINGS,)


def update(network: Network, topology: Topology | None = None, progress: Progress = silent) -> list[str]:
    """Update the configurations of channels to match the topology, except for consenters.

    Args:
        network: the network.
        topology: the desired topology; None: the present one.
        progress: called with a sentence about each stage.

    Returns:
        The names of the channels that were changed.

    Raises:
        ChangeRefused: the network cannot become what the topology describes; nothing was done.
        Waiting: organisations that this home does not act for must sign.
        NetworkError: a step failed; the next call resumes.
    """
    changed: list[str] = []
    with network.changing(topology, progress) as session, deferring() as deferred:
        for channel in session.own_channels:
            with deferred():
                if change.reconcile(session, channel, only=_ONLY):
                    changed.append(channel.name)
    return changed


def raisable(network: Network, channel: str) -> dict[str, tuple[str, str]]:
    """The capabilities that the topology raises on a channel: the present and the wanted one, by group.

    Raises:
        NetworkError: there is no such channel, or no consenter answers.
    """
    session = network.session()
    found = channel_of(session.topology, channel)
    return raised(found, current(session, found).group)


def raise_capabilities(
    network: Network, channel: str, topology: Topology | None = None, progress: Progress = silent
) -> bool:
    """Raise a channel's capabilities to the topology's. Nothing lowers them again.

    Args:
        network: the network.
        channel: the channel's name.
        topology: the desired topology; None: the present one.
        progress: called with a sentence about each stage.

    Returns:
        Whether any was raised.

    Raises:
        Waiting: organisations that this home does not act for must sign.
        NetworkError: there is no such channel; or a node's build does not know a capability, and nothing was
            done.
    """
    with network.changing(topology, progress) as session:
        found = channel_of(session.topology, channel)
        _ensure_raisable(session, found)
        return change.reconcile(session, found, only=[change.CAPABILITIES])


def differences(network: Network) -> dict[str, list[Difference]]:
    """What `update` would change, by channel. Raises the same errors."""
    session = network.session()
    return {channel.name: change.pending(session, channel, only=_ONLY) for channel in session.own_channels}


def propose(
    network: Network, channel: str, topology: Topology | None = None, *, capabilities: bool = False
) -> Proposal | None:
    """The next change that a channel needs to match the topology, or None.

    Args:
        network: the network.
        channel: the channel's name.
        topology: the desired topology, which the home stores; None: the present one.
        capabilities: raise the capabilities, instead of changing anything else.

    Raises:
        NetworkError: there is no such channel, or no consenter answers.
    """
    with network.changing(topology) as session:
        found = channel_of(session.topology, channel)
        if capabilities:
            _ensure_raisable(session, found)
        return change.propose(session, found, [change.CAPABILITIES] if capabilities else None)


def propose_without(network: Network, channel: str, node: str) -> Proposal | None:
    """The change that takes a consenter out of a channel, or None if the channel does not name it.

    Its organisation stays, and the next `up` that finds the channel without it adds it again, with a new id:
    that is how a consenter that lost its log comes back on Raft.

    Args:
        network: the network.
        channel: the channel's name.
        node: the consenter's node name, such as `orderer.gemeente`.

    Raises:
        NetworkError: there is no such channel or consenter, another consenter is down or behind, or none
            answers.
    """
    with network.changing() as session:
        found = channel_of(session.topology, channel)
        consenters = {consenter.node: consenter for consenter in session.consenters_of(found)}
        if node not in consenters:
            raise NoSuch(f"{channel} has no consenter {node!r}: use one of {', '.join(consenters)}")
        return change.propose_without(session, found, consenters[node])


def review(network: Network, proposal: Proposal) -> Review:
    """What a proposed change would do, who has signed it, and who must still sign.

    Raises:
        NetworkError: it is for a channel that is not in the topology, or no consenter answers.
    """
    session = network.session()
    return proposal.review(current(session, channel_of(session.topology, proposal.channel)))


def sign(network: Network, proposal: Proposal, organisations: Sequence[str] = ()) -> Proposal:
    """A proposed change with administrators' signatures added.

    Args:
        network: the network.
        proposal: the change.
        organisations: the names of the organisations to sign for; empty: all that the home acts for.

    Raises:
        NetworkError: the change is outdated, has an invalid signature, or a key is not in the home.
    """
    session = network.session(organisations=organisations)
    present = current(session, channel_of(session.topology, proposal.channel))
    proposal.review(present).ensure_current()
    named = [session.topology.organisation(name) for name in organisations]
    return change.sign(session, proposal, named or signers(session, present))


def submit(network: Network, proposal: Proposal, progress: Progress = silent) -> bool:
    """Submit a signed change, and wait until the channel has it.

    Returns:
        False if the channel already had it.

    Raises:
        NetworkError: it is outdated, signatures are missing or invalid, or no consenter accepts it.
    """
    with network.changing(progress=progress) as session:
        channel = channel_of(session.topology, proposal.channel)
        present = current(session, channel)
        found = proposal.review(present)
        if found.done:
            return False
        found.ensure_complete()
        with session.stage(f"channel {channel.name}"):
            order(session, channel, proposal, present)
    return True


def _ensure_raisable(session: Session, channel: Channel) -> None:
    """Check that this home's nodes know the capabilities that the topology raises."""
    changes = raised(channel, current(session, channel).group)
    ensure_all_know(session, channel, {group: wanted for group, (_, wanted) in changes.items()})
