"""Changes a channel's configuration to match the topology.

The difference between the channel's configuration and the one that configtxgen generates from the topology
becomes a proposal, which administrators sign and a member submits. Everything but the consenters changes in
one step; consenters change one at a time, because each change alters who must agree to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fabric_gateway import Identity
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.capabilities import keep_capabilities, with_raised
from kindpakket_network.channel.configuration import APPLICATION, ORDERER, Configuration, Consenter
from kindpakket_network.channel.difference import Difference, differences
from kindpakket_network.channel.genesis import consenter_files, desired
from kindpakket_network.channel.proposal import Proposal
from kindpakket_network.channel.quorum import ensure_dispensable, ensure_quorum
from kindpakket_network.channel.submission import Overtaken, current, signers, submit
from kindpakket_network.channel.update import compute_update
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.organisation import Organisation
from kindpakket_network.errors import CommandFailed, NetworkError, Waiting
from kindpakket_network.nodes.departures import CONSENTER, ORGANISATION
from kindpakket_network.nodes.inventory import orderer_of
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.session import Session

SETTINGS = "settings"
CAPABILITIES = "capabilities"
# Attempts when another organisation changes the channel at the same time.
_TRIES = 3


def reconcile(
    session: Session,
    channel: Channel,
    *,
    only: Collection[str] | None = None,
    settle: Callable[[str], None] | None = None,
) -> bool:
    """Change a channel's configuration to match the topology; do nothing if it already does.

    Args:
        session: the network.
        channel: the channel as the topology describes it.
        only: what may change: `SETTINGS`, which is everything but consenters that stay or join and the
            capabilities, `CAPABILITIES`, and the node names of consenters, such as `orderer.gemeente`, which
            are added or get new certificates or addresses. None: everything but the capabilities.
        settle: called with a consenter's node name once the channel has its change; it must make that
            consenter join, or restart with its new certificate, and return when the node takes part.
            Without it, at most one consenter changes per call: restart that node, and call again.

    Returns:
        Whether anything was changed.

    Raises:
        Waiting: organisations that this home does not act for must sign: see `propose`.
        NetworkError: a consenter is down or behind; the topology lacks an organisation or a consenter that
            the channel has; or no consenter answers.
    """
    changed = False
    present = current(session, channel)
    for step in _steps(session, channel, present, only):
        done, present = _taken(step, present)
        if not done:
            continue
        changed = True
        if step.consenter is not None and not step.for_good:
            if settle is None:
                break
            settle(step.consenter.node)
    return changed


def pending(session: Session, channel: Channel, only: Collection[str] | None = None) -> list[Difference]:
    """What `reconcile` would change. Raises the same errors."""
    return pending_from(current(session, channel), session, channel, only)


def pending_from(
    present: Configuration, session: Session, channel: Channel, only: Collection[str] | None = None
) -> list[Difference]:
    """What `reconcile` would change of a configuration. Raises the same errors."""
    found: list[Difference] = []
    for step in _steps(session, channel, present, only):
        found += differences(present.group, step.wanted(present))
    return found


def propose(session: Session, channel: Channel, only: Collection[str] | None = None) -> Proposal | None:
    """The next change that a channel needs to match the topology; None if there is none.

    Args:
        session: the network.
        channel: the channel as the topology describes it.
        only: what may change, as for `reconcile`.

    Raises:
        NetworkError: as `reconcile`.
    """
    present = current(session, channel)
    for step in _steps(session, channel, present, only):
        found = step.proposal(present)
        if found is not None:
            return found
    return None


def take_out(session: Session, channel: Channel, consenter: Orderer) -> bool:
    """Take a consenter out of a channel. Its organisation stays, so that `reconcile` can add it again.

    Returns:
        Whether the channel named it.

    Raises:
        Waiting: organisations that this home does not act for must sign: see `propose_without`.
        NetworkError: another consenter is down or behind, or no consenter answers.
    """
    done, _ = _taken(_Step(session, channel, consenter, leaves=True), current(session, channel))
    return done


def propose_without(session: Session, channel: Channel, consenter: Orderer) -> Proposal | None:
    """The change that takes a consenter out of a channel; None if the channel does not name it.

    Raises:
        NetworkError: as `take_out`.
    """
    return _Step(session, channel, consenter, leaves=True).proposal(current(session, channel))


def sign(session: Session, proposal: Proposal, organisations: Sequence[Organisation]) -> Proposal:
    """A proposal with organisations' administrators' signatures added.

    Raises:
        NetworkError: an administrator's key is not in this home.
    """
    for organisation in organisations:
        folder = session.home.user(organisation.name, organisation.admin.name) / "msp"
        if not (folder / "keystore").is_dir():
            raise NetworkError(
                f"the key of {organisation.admin.name} of {organisation.name} is not in {session.home.root}: "
                "sign it where that key is"
            )
        proposal = proposal.signed(Identity.from_msp(folder, organisation.msp))
    return proposal


@dataclass(frozen=True)
class _Step:
    """One change: of the settings, of the capabilities, or of one consenter.

    Attributes:
        session: the network.
        channel: the channel.
        consenter: the consenter; None: the settings or the capabilities.
        leaves: take the consenter out, rather than add it or change its certificates.
        raises: raise the capabilities.
        for_good: take its organisation out of those that order the channel, too.
    """

    session: Session
    channel: Channel
    consenter: Orderer | None
    leaves: bool = False
    raises: bool = False
    for_good: bool = False

    def proposal(self, present: Configuration) -> Proposal | None:
        """The change from a configuration, or None if this step changes nothing."""
        wanted = self.wanted(present)
        if wanted is present.group:
            return None
        if self.for_good and self.consenter is not None:
            ensure_dispensable(self.session, self.channel, present, self.consenter)
        elif self.consenter is not None:
            ensure_quorum(self.session, self.channel, present, self.consenter)
        update = compute_update(self.session, present, wanted)
        return None if update is None else Proposal.of(update)

    def wanted(self, present: Configuration) -> Any:
        """The configuration after this step."""
        if self.raises:
            return with_raised(self.channel, present.group)
        if self.consenter is None:
            wanted = desired(self.session, self.channel, present.consenters())
            _keep_foreign(self.session, present, wanted)
            keep_capabilities(present.group, wanted)
            return wanted
        if self.leaves:
            return self._without(self.consenter, present)
        wanted = consenter_of(self.consenter, self.session, self.channel, present.raft)
        consenters = list(present.consenters())
        place = next((n for n, consenter in enumerate(consenters) if consenter.msp == wanted.msp), None)
        if place is None:
            consenters.append(wanted)
        elif self.consenter.organisation not in self.session.own_organisations or consenters[place].same(
            wanted
        ):
            return present.group
        else:
            consenters[place] = replace(wanted, id=consenters[place].id)
        group, source = self._ordered_by(consenters, present)
        target = group.groups[ORDERER]
        if place is None:
            target.groups[wanted.msp].CopyFrom(source.groups[wanted.msp])
        else:
            endpoints = source.groups[wanted.msp].values["Endpoints"]
            target.groups[wanted.msp].values["Endpoints"].CopyFrom(endpoints)
        return group

    def _without(self, leaving: Orderer, present: Configuration) -> Any:
        staying = [consenter for consenter in present.consenters() if consenter.msp != leaving.msp]
        if len(staying) == len(present.consenters()):
            return present.group
        group, _ = self._ordered_by(staying, present)
        if self.for_good:
            del group.groups[ORDERER].groups[leaving.msp]
        return group

    def _ordered_by(self, consenters: Sequence[Consenter], present: Configuration) -> tuple[Any, Any]:
        """The present configuration with these consenters, and the orderers' part that the topology gives."""
        source = desired(self.session, self.channel, consenters).groups[ORDERER]
        group = m.configtx.ConfigGroup()
        group.CopyFrom(present.group)
        target = group.groups[ORDERER]
        if present.raft:
            target.values["ConsensusType"].CopyFrom(source.values["ConsensusType"])
        else:
            target.values["Orderers"].CopyFrom(source.values["Orderers"])
            target.policies["BlockValidation"].CopyFrom(source.policies["BlockValidation"])
        return group, source


def _keep_foreign(session: Session, present: Configuration, wanted: Any) -> None:
    """Keep the channel's certificates of organisations that this home does not act for.

    Those organisations renew and revoke their own, and this home's bundles of them may be older.
    """
    mine = {
        organisation.msp
        for organisation in session.topology.organisations
        if organisation.name in session.own_organisations
    }
    for name in (APPLICATION, ORDERER):
        target = wanted.groups[name].groups
        for msp, group in present.group.groups[name].groups.items():
            if msp not in mine and msp in target:
                target[msp].values["MSP"].CopyFrom(group.values["MSP"])


def _steps(
    session: Session, channel: Channel, present: Configuration, only: Collection[str] | None
) -> Iterator[_Step]:
    _ensure_nothing_leaves(session, channel, present)
    if only is None or SETTINGS in only:
        for leaving in session.leaving(CONSENTER, channel.name):
            organisation = session.topology.organisation(leaving.organisation)
            orderer = orderer_of(session.topology, session.home, organisation)
            yield _Step(session, channel, orderer, leaves=True, for_good=True)
        yield _Step(session, channel, None)
    if only is not None and CAPABILITIES in only:
        yield _Step(session, channel, None, raises=True)
    for orderer in session.consenters_of(channel):
        if only is None or orderer.node in only:
            yield _Step(session, channel, orderer)


def _taken(step: _Step, present: Configuration) -> tuple[bool, Configuration]:
    """Take a step; start over from the new configuration if another organisation's change came first."""
    session, channel = step.session, step.channel
    for _ in range(_TRIES):
        proposal = step.proposal(present)
        if proposal is None:
            return False, present
        what = "capabilities" if step.raises else "settings"
        if step.consenter is not None:
            what = step.consenter.node
        if step.leaves:
            what = f"without {what}"
        with session.stage(f"channel {channel.name}: {what}"):
            proposal = sign(session, proposal, signers(session, present))
            review = proposal.review(present)
            if any(not demand.satisfied for demand in review.demands):
                raise Waiting(
                    [
                        f"{review.lacking_words()}: write it to a file with `kindpakket network channel "
                        f"propose {channel.name}{_proposed_as(step)} -o FILE`, have them run `channel "
                        "sign`, and submit it"
                    ]
                )
            try:
                return True, submit(session, channel, proposal, present)
            except (CommandFailed, Overtaken):
                before, present = present, current(session, channel)
                if present.sequence == before.sequence:
                    raise
    raise NetworkError(f"other organisations' changes of {channel.name} came first {_TRIES} times: try again")


def _proposed_as(step: _Step) -> str:
    if step.raises:
        return " --capabilities"
    return f" --without {step.consenter.node}" if step.leaves and not step.for_good and step.consenter else ""


def _ensure_nothing_leaves(session: Session, channel: Channel, present: Configuration) -> None:
    """Check that the topology has everyone the channel has, and its consenters in the channel's order."""
    msps = {organisation.name: organisation.msp for organisation in session.topology.organisations}
    wanted = {
        APPLICATION: [msps[member.organisation] for member in channel.members],
        ORDERER: [msps[name] for name in channel.consenters],
    }
    for group, kind in ((APPLICATION, ORGANISATION), (ORDERER, CONSENTER)):
        leaving = {each.msp for each in session.leaving(kind, channel.name)}
        lacking = sorted(set(present.group.groups[group].groups) - set(wanted[group]) - leaving)
        if lacking:
            which = "members" if group == APPLICATION else "consenters"
            command = "remove-org" if group == APPLICATION else "remove-consenter"
            raise NetworkError(
                f"the topology lacks {', '.join(lacking)} among the {which} of {channel.name}: add what is "
                f"missing, or remove it with `kindpakket network {command}`"
            )
    ids = {msps[name]: number for name, number in channel.consenter_ids.items()}
    if not present.raft and any(ids.get(each.msp, each.id) != each.id for each in present.consenters()):
        order = ", ".join(f"{each.id} {each.msp}" for each in present.consenters())
        raise NetworkError(
            f"the consenters of {channel.name} have the ids {order}: list them in this order in the "
            "topology, and new ones after them, or give their ids in consenter_ids"
        )


def consenter_of(orderer: Orderer, session: Session, channel: Channel, raft: bool) -> Consenter:
    """A consenter as a channel should name it: with the certificates that are in the home."""
    files = consenter_files(orderer, channel.consenter_ids[orderer.organisation], session.home)
    return Consenter(
        files.id,
        files.msp,
        files.host,
        files.port,
        b"" if raft else Path(files.identity).read_bytes(),
        Path(files.client_tls).read_bytes(),
        Path(files.server_tls).read_bytes(),
    )
