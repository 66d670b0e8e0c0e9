"""What can be done with the configurations of a network's channels."""

from __future__ import annotations

from collections.abc import Sequence

from ..description.topology import Channel, Topology
from ..errors import NetworkError
from ..network import Network
from ..place import silent
from ..site import Progress, Site
from ..waiting import collected
from . import change
from .difference import Difference
from .proposal import Proposal, Review
from .submission import current, signers
from .submission import submit as order

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
    with network.changing(topology, progress) as site, collected() as collecting:
        for channel in site.own_channels:
            with collecting():
                if change.reconcile(site, channel, only=_ONLY):
                    changed.append(channel.name)
    return changed


def differences(network: Network) -> dict[str, list[Difference]]:
    """What `update` would change, by channel. Raises as it does."""
    site = network.site()
    return {one.name: change.pending(site, one, only=_ONLY) for one in site.own_channels}


def propose(network: Network, channel: str, topology: Topology | None = None) -> Proposal | None:
    """The next change that a channel needs to follow the topology, or None.

    Args:
        network: the network.
        channel: the channel's name.
        topology: what the network should be; not given: what it is. The home keeps it.

    Raises:
        NetworkError: there is no such channel, or no consenter answers.
    """
    with network.changing(topology) as site:
        return change.propose(site, _channel(site, channel))


def review(network: Network, proposal: Proposal) -> Review:
    """What a proposed change would do, who signed it, and who has to sign yet.

    Raises:
        NetworkError: it is for a channel that the topology lacks, or no consenter answers.
    """
    site = network.site()
    return proposal.review(current(site, _channel(site, proposal.channel)))


def sign(network: Network, proposal: Proposal, organisations: Sequence[str] = ()) -> Proposal:
    """A proposed change with signatures of administrators.

    Args:
        network: the network.
        proposal: the change.
        organisations: the names of those to sign for; none: all that the home acts for.

    Raises:
        NetworkError: the change is outdated, a signature under it does not count, or a key is not here.
    """
    site = network.site(organisations=organisations)
    present = current(site, _channel(site, proposal.channel))
    proposal.review(present).ensure_current()
    named = [site.topology.organisation(name) for name in organisations]
    return change.sign(site, proposal, named or signers(site, present))


def submit(network: Network, proposal: Proposal, progress: Progress = silent) -> bool:
    """Have a signed change ordered, and wait until it stands in the channel.

    Returns:
        False when the channel has it already.

    Raises:
        NetworkError: it is outdated, or signatures are lacking or do not count; or no consenter takes it.
    """
    with network.changing(progress=progress) as site:
        channel = _channel(site, proposal.channel)
        present = current(site, channel)
        found = proposal.review(present)
        if found.done:
            return False
        found.ensure_complete()
        with site.stage(f"channel {channel.name}"):
            order(site, channel, proposal, present)
    return True


def _channel(site: Site, name: str) -> Channel:
    known = {one.name: one for one in site.topology.channels}
    if name not in known:
        raise NetworkError(f"there is no channel {name!r}: use one of {', '.join(known)}")
    return known[name]
