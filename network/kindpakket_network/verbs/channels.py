"""What can be done with the configurations of a network's channels."""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket_network.channel import change
from kindpakket_network.channel.difference import Difference
from kindpakket_network.channel.proposal import Proposal, Review
from kindpakket_network.channel.submission import current, signers
from kindpakket_network.channel.submission import submit as order
from kindpakket_network.description.topology import Channel, Topology
from kindpakket_network.errors import NoSuch
from kindpakket_network.nodes.session import Progress, Session
from kindpakket_network.programs.waiting import collected
from kindpakket_network.verbs.local import silent
from kindpakket_network.verbs.network import Network

_ONLY = (change.SETTINGS,)


def update(network: Network, topology: Topology | None = None, progress: Progress = silent) -> list[str]:
    """Have the configurations of channels follow the topology, in all but consenters.

    Args:
        network: the network.
        topology: what it should be; not given: what it is.
        progress: takes a sentence about each stage.

    Returns:
        The names of the channels that were changed.

    Raises:
        ChangeRefused: the network cannot become what the topology describes; nothing was done.
        Waiting: organisations have to sign that this home does not act for.
        NetworkError: something failed; the next call carries on.
    """
    changed: list[str] = []
    with network.changing(topology, progress) as session, collected() as collecting:
        for channel in session.own_channels:
            with collecting():
                if change.reconcile(session, channel, only=_ONLY):
                    changed.append(channel.name)
    return changed


def differences(network: Network) -> dict[str, list[Difference]]:
    """What `update` would change, by channel. Raises as it does."""
    session = network.session()
    return {one.name: change.pending(session, one, only=_ONLY) for one in session.own_channels}


def propose(network: Network, channel: str, topology: Topology | None = None) -> Proposal | None:
    """The next change that a channel needs to follow the topology, or None.

    Args:
        network: the network.
        channel: the channel's name.
        topology: what the network should be; not given: what it is. The home keeps it.

    Raises:
        NetworkError: there is no such channel, or no consenter answers.
    """
    with network.changing(topology) as session:
        return change.propose(session, _channel(session, channel))


def review(network: Network, proposal: Proposal) -> Review:
    """What a proposed change would do, who signed it, and who has to sign yet.

    Raises:
        NetworkError: it is for a channel that the topology lacks, or no consenter answers.
    """
    session = network.session()
    return proposal.review(current(session, _channel(session, proposal.channel)))


def sign(network: Network, proposal: Proposal, organisations: Sequence[str] = ()) -> Proposal:
    """A proposed change with signatures of administrators.

    Args:
        network: the network.
        proposal: the change.
        organisations: the names of those to sign for; none: all that the home acts for.

    Raises:
        NetworkError: the change is outdated, a signature under it does not count, or a key is not here.
    """
    session = network.session(organisations=organisations)
    present = current(session, _channel(session, proposal.channel))
    proposal.review(present).ensure_current()
    named = [session.topology.organisation(name) for name in organisations]
    return change.sign(session, proposal, named or signers(session, present))


def submit(network: Network, proposal: Proposal, progress: Progress = silent) -> bool:
    """Have a signed change ordered, and wait until it stands in the channel.

    Returns:
        False when the channel has it already.

    Raises:
        NetworkError: it is outdated, or signatures are lacking or do not count; or no consenter takes it.
    """
    with network.changing(progress=progress) as session:
        channel = _channel(session, proposal.channel)
        present = current(session, channel)
        found = proposal.review(present)
        if found.done:
            return False
        found.ensure_complete()
        with session.stage(f"channel {channel.name}"):
            order(session, channel, proposal, present)
    return True


def _channel(session: Session, name: str) -> Channel:
    known = {one.name: one for one in session.topology.channels}
    if name not in known:
        raise NoSuch(f"there is no channel {name!r}: use one of {', '.join(known)}")
    return known[name]
