"""Bringing a live channel's configuration to what the topology wants.

The difference between the configuration that the channel has and the one that configtxgen makes of the
topology is computed by configtxlator, signed by administrators, and ordered like any transaction.
Everything but the consenters changes in one step; consenters change one at a time, because each change alters
who has to agree on the next.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kindpakket.fabric import Identity

from . import messages as m
from .admin_commands import AdminCommands
from .command import Command
from .configuration import APPLICATION, ORDERER, Configuration, Consenter
from .errors import CommandFailed, NetworkError
from .genesis import consenter_files, desired
from .orderer import Orderer
from .process import run
from .site import Site
from .topology import Channel, Organisation
from .wait import together, until

SETTINGS = "settings"
_DEADLINE = 60.0
_TRIES = 3
_STALE = "at version"


def reconcile(
    site: Site,
    channel: Channel,
    *,
    only: Collection[str] | None = None,
    settle: Callable[[str], None] | None = None,
) -> bool:
    """Change a live channel's configuration to what the topology wants; without a difference, do nothing.

    Args:
        site: the network.
        channel: the channel, as the topology wants it.
        only: what may change: `SETTINGS`, which is everything but the consenters, and the node names of
            consenters, such as `orderer.gemeente`, which are added or get other certificates or addresses.
            None: all of it.
        settle: called with the node name of a consenter when its change stands in the channel, to have
            that consenter join, or restart with its new certificate; it returns when that node takes part.
            Without it, at most one consenter changes in a call: see to that node, and call again.

    Returns:
        Whether anything was changed.

    Raises:
        NetworkError: a signature is lacking; a consenter is down that must not be; the topology lacks an
            organisation or a consenter that the channel has; nobody answers.
    """
    return _Change(site, channel).run(only, settle)


def current(site: Site, channel: Channel) -> Configuration:
    """The configuration that a channel has: the newest that its consenters know.

    Raises:
        NetworkError: no consenter answers.
    """
    commands = AdminCommands(site, acting(site)[0])
    failures: list[CommandFailed] = []

    def ask(orderer: Orderer) -> Configuration | None:
        try:
            return commands.configuration(channel, orderer)
        except CommandFailed as error:
            failures.append(error)
            return None

    found = [one for one in together(ask, site.consenters_of(channel)) if one is not None]
    if not found:
        raise NetworkError(
            f"no consenter of {channel.name} tells its configuration: see whether they run. {failures[0]}"
        )
    return max(found, key=lambda one: one.sequence)


def acting(site: Site) -> tuple[Organisation, ...]:
    """The organisations whose administrators' keys are here."""
    return tuple(
        one
        for one in site.topology.organisations
        if (site.home.user(one.name, one.admin.name) / "msp" / "keystore").is_dir()
    )


@dataclass(frozen=True)
class _Change:
    site: Site
    channel: Channel

    def run(self, only: Collection[str] | None, settle: Callable[[str], None] | None) -> bool:
        changed = False
        if only is None or SETTINGS in only:
            changed = self._apply(self._settings, "settings")
        for orderer in self.site.consenters_of(self.channel):
            if only is not None and orderer.node not in only:
                continue
            if not self._apply(lambda present, one=orderer: self._consenter(present, one), orderer.node):  # type: ignore[misc]
                continue
            changed = True
            if settle is None:
                break
            settle(orderer.node)
        return changed

    def _apply(self, wanted: Callable[[Configuration], Any], what: str) -> bool:
        """Bring the channel to a configuration that is made from the one it has."""
        for number in range(_TRIES):
            present = current(self.site, self.channel)
            update = compute_update(self.site, present, wanted(present))
            if update is None:
                return False
            try:
                with self.site.stage(f"channel {self.channel.name}: {what}"):
                    self._submit(present, update)
            except CommandFailed as error:
                if _STALE not in error.output or number == _TRIES - 1:
                    raise
            else:
                return True
        raise AssertionError

    def _settings(self, present: Configuration) -> Any:
        wanted = desired(self.site, self.channel, present.consenters())
        for group in (APPLICATION, ORDERER):
            lacking = set(present.group.groups[group].groups) - set(wanted.groups[group].groups)
            if lacking:
                raise NetworkError(
                    f"{self.channel.name} has {', '.join(sorted(lacking))} in its group {group}, and the "
                    "topology has not: add what is missing to the topology; nothing is taken out of a channel"
                )
        return wanted

    def _consenter(self, present: Configuration, orderer: Orderer) -> Any:
        """The present configuration, but with one consenter as the topology wants it."""
        wanted = _consenter_of(orderer, self.site, present.raft)
        consenters = list(present.consenters())
        place = next((n for n, one in enumerate(consenters) if one.msp == wanted.msp), None)
        if place is not None and consenters[place].same(wanted):
            return present.group
        self._ensure_quorum(consenters, orderer)
        if place is None:
            consenters.append(wanted)
        else:
            consenters[place] = wanted
        source = desired(self.site, self.channel, consenters).groups[ORDERER]
        group = m.configtx.ConfigGroup()
        group.CopyFrom(present.group)
        target = group.groups[ORDERER]
        if present.raft:
            target.values["ConsensusType"].CopyFrom(source.values["ConsensusType"])
        else:
            target.values["Orderers"].CopyFrom(source.values["Orderers"])
            target.policies["BlockValidation"].CopyFrom(source.policies["BlockValidation"])
        if place is None:
            target.groups[wanted.msp].CopyFrom(source.groups[wanted.msp])
        else:
            endpoints = source.groups[wanted.msp].values["Endpoints"]
            target.groups[wanted.msp].values["Endpoints"].CopyFrom(endpoints)
        return group

    def _ensure_quorum(self, consenters: Sequence[Consenter], changing: Orderer) -> None:
        """Every other consenter has all blocks: none of them would be missed while this one changes."""
        msps = {one.msp for one in consenters} - {changing.msp}
        others = [one for one in self.site.inventory.orderers if one.msp in msps]
        commands = AdminCommands(self.site, acting(self.site)[0])

        def height(orderer: Orderer) -> int:
            try:
                block = commands.newest(self.channel, orderer)
            except CommandFailed:
                return -1
            return int(m.common.Block.FromString(block).header.number) + 1

        highest = max(together(height, others), default=0)

        def behind(orderer: Orderer) -> str | None:
            caught_up = until(lambda: height(orderer) >= highest or None, _DEADLINE / 2, interval=0.5)
            return None if caught_up else orderer.node

        late = [node for node in together(behind, others) if node is not None]
        if late:
            raise NetworkError(
                f"{', '.join(late)} is down or behind on {self.channel.name}, and {changing.node} is to "
                "change there: the channel might lose its quorum. Start or restart it, and repeat this"
            )

    def _submit(self, present: Configuration, update: bytes) -> None:
        signers = acting(self.site)
        envelope = signed(self.site, self.channel.name, update, signers)
        with tempfile.TemporaryDirectory(dir=self.site.home.channel(self.channel.name)) as folder:
            file = Path(folder) / "change.pb"
            file.write_bytes(envelope)
            self._order(file, AdminCommands(self.site, signers[0]), present)
        self._await(present.sequence + 1)

    def _order(self, file: Path, commands: AdminCommands, present: Configuration) -> None:
        first = self.site.orderer(self.channel)
        others = [one for one in self.site.consenters_of(self.channel) if one != first]
        known = {(one.host, one.port) for one in present.consenters()}
        refusal: CommandFailed | None = None
        for orderer in (first, *others):
            if (orderer.host, orderer.ports[0]) not in known:
                continue
            try:
                commands.submit(self.channel, orderer, file)
            except CommandFailed as error:
                refusal = error
                if "BAD_REQUEST" in error.output or "FORBIDDEN" in error.output:
                    break
            else:
                return
        raise refusal or NetworkError(f"{self.channel.name} has no consenter that the topology knows")

    def _await(self, sequence: int) -> None:
        """Wait until consenters have the change, and all peers that run here too."""

        def changed() -> Configuration | None:
            found = current(self.site, self.channel)
            return found if found.sequence >= sequence else None

        found = until(changed, _DEADLINE, interval=0.2)
        if found is None:
            raise NetworkError(
                f"the change of {self.channel.name} was taken and is not in a block after {_DEADLINE:g} "
                "seconds: see in `status` whether its consenters have a leader, and repeat this"
            )
        peers = [one for one in self.site.peers_on(self.channel) if self.site.runs(one.node)]
        for peer in peers:
            height = until(
                lambda one=peer: (one.height(self.channel.name) or 0) > found.block or None,  # type: ignore[misc]
                _DEADLINE,
            )
            if height is None and peer.height(self.channel.name) is not None:
                raise NetworkError(
                    f"{peer.node} has not block {found.block} of {self.channel.name} after {_DEADLINE:g} "
                    f"seconds: read {self.site.home.log(peer.node)}"
                )


def compute_update(site: Site, present: Configuration, wanted: Any) -> bytes | None:
    """The change from one configuration to another, a `common.ConfigUpdate`; None when they are alike.

    Raises:
        CommandFailed: configtxlator does not like it.
    """
    wanted = _normalised(present.group, wanted)
    with tempfile.TemporaryDirectory(dir=site.home.channel(present.channel)) as temporary:
        folder = Path(temporary)
        for name, group in (("original", present.group), ("updated", wanted)):
            config = m.configtx.Config(sequence=present.sequence, channel_group=group)
            (folder / name).write_bytes(config.SerializeToString())
        arguments = [
            *(site.programs.path("configtxlator"), "compute_update", "--channel_id", present.channel),
            *("--original", str(folder / "original"), "--updated", str(folder / "updated")),
            *("--output", str(folder / "update")),
        ]
        try:
            run(Command(f"configtxlator for {present.channel}", arguments))
        except CommandFailed as error:
            if "no differences detected" in error.output:
                return None
            raise
        return (folder / "update").read_bytes()


def signed(site: Site, channel: str, update: bytes, signers: Sequence[Organisation]) -> bytes:
    """A change with signatures of organisations' administrators, in the form of Fabric's own programs."""
    content = m.configtx.ConfigUpdateEnvelope(config_update=update)
    for organisation in signers:
        folder = site.home.user(organisation.name, organisation.admin.name) / "msp"
        identity = Identity.from_msp(folder, organisation.msp)
        header = m.common.SignatureHeader(
            creator=identity.serialized, nonce=os.urandom(24)
        ).SerializeToString()
        content.signatures.add(signature_header=header, signature=identity.sign(header + update))
    channel_header = m.common.ChannelHeader(type=m.common.CONFIG_UPDATE, channel_id=channel)
    channel_header.timestamp.FromDatetime(datetime.now(UTC))
    payload = m.common.Payload(data=content.SerializeToString())
    payload.header.channel_header = channel_header.SerializeToString()
    envelope: bytes = m.common.Envelope(payload=payload.SerializeToString()).SerializeToString()
    return envelope


def _consenter_of(orderer: Orderer, site: Site, raft: bool) -> Consenter:
    files = consenter_files(orderer, site.home)
    return Consenter(
        files.msp,
        files.host,
        files.port,
        b"" if raft else Path(files.identity).read_bytes(),
        Path(files.client_tls).read_bytes(),
        Path(files.server_tls).read_bytes(),
    )


def _normalised(present: Any, wanted: Any) -> Any:
    """The wanted configuration, without differences that are none: a map has no order of its own."""
    result = m.configtx.ConfigGroup()
    result.CopyFrom(wanted)
    acls, target = (group.groups[APPLICATION].values["ACLs"] for group in (present, result))
    if m.peer.ACLs.FromString(acls.value) == m.peer.ACLs.FromString(target.value):
        target.value = acls.value
    return result
