"""The verbs for exchange with partners, service managers and monitoring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kindpakket_network.channel.genesis_file import genesis_file
from kindpakket_network.description.editing import channel_of
from kindpakket_network.errors import NetworkError
from kindpakket_network.exports.admission import admit
from kindpakket_network.exports.bundle import Bundle
from kindpakket_network.exports.bundle_exchange import bundle_of
from kindpakket_network.exports.metrics import metrics
from kindpakket_network.exports.monitoring import monitoring
from kindpakket_network.exports.shell import shell_variables
from kindpakket_network.exports.units import units
from kindpakket_network.nodes.hfc_profile import hfc_profile
from kindpakket_network.nodes.profile import profile
from kindpakket_network.verbs.local import LocalNetwork


class Handover(LocalNetwork):
    """Exports for, and imports from, partners, service managers and monitoring."""

    def bundle(self, organisation: str) -> Bundle:
        """The bundle that other organisations need of one that this home acts for.

        Raises:
            NetworkError: this home does not act for it, or it has no certificates yet.
        """
        return bundle_of(self.session(), self._authority(organisation).organisation)

    def first_block(self, channel: str) -> str:
        """The file with a channel's genesis block for other organisations; the block is made if needed.

        Raises:
            Waiting: other organisations' bundles are missing.
            NetworkError: there is no such channel.
        """
        with self._home.locked():
            return genesis_file(self.session(), channel_of(self._topology, channel))

    def admit(self, files: Sequence[Path]) -> list[str]:
        """Import other organisations' bundles and genesis blocks into the home.

        Returns:
            A sentence about each file.

        Raises:
            NetworkError: a file cannot be read, or is rejected.
        """
        with self._home.locked():
            return admit(self.session(), files)

    def portable_profile(self, organisation: str) -> str:
        """An organisation's connection profile with embedded certificates, as YAML.

        Raises:
            NetworkError: there is no such organisation, or it has no certificates yet.
        """
        name = self._certified(organisation)
        return profile(self._topology, name, self._inventory, self._home, portable=True)

    def hfc_profile(self, organisation: str) -> str:
        """An organisation's connection profile as programs written for hfc read it, as JSON.

        Raises:
            NetworkError: there is no such organisation, or it has no certificates yet.
        """
        return hfc_profile(self._topology, self._certified(organisation), self._inventory, self._home)

    def _certified(self, organisation: str) -> str:
        """The name of an organisation that has certificates in the home."""
        name = self._authority(organisation).organisation
        if not self._home.tls_root(name).is_file():
            raise NetworkError(f"{name} has no certificates in {self._home.root}: bring it up first")
        return name

    def units(self, organisations: Sequence[str] = (), user: str = "kindpakket") -> dict[str, str]:
        """The systemd units of organisations' nodes by file name; the home need not exist yet.

        Args:
            organisations: the organisations whose nodes are included; empty: all that the home acts for.
            user: the account that the nodes run as.

        Raises:
            NetworkError: there is no such organisation, or the home's path cannot be used in a unit.
        """
        for name in organisations:
            self._authority(name)
        return units(self._topology, self._home, organisations or self.own_organisations, user)

    def shell_variables(self, organisation: str, user: str, peer: str | None = None) -> dict[str, str]:
        """The variables with which Fabric's own `peer` command acts as a user.

        Args:
            organisation: the user's organisation.
            user: the user.
            peer: the organisation's peer to call; None: its first one.

        Raises:
            NetworkError: there is no such organisation, user or peer.
        """
        return shell_variables(self.session(), organisation, self.user(organisation, user), peer)

    def monitoring(self) -> Mapping[str, str]:
        """The Prometheus and Grafana files for watching the home's nodes, by name.

        Raises:
            NetworkError: there is no network in the home.
        """
        self._ensure_exists()
        return monitoring(self._topology, self._home, self._inventory)

    def metrics(self) -> str:
        """The metrics that Fabric itself does not have, in Prometheus' text format.

        Raises:
            NetworkError: there is no network in the home.
        """
        self._ensure_exists()
        found = self.status()
        running = ((node.node, node.running) for node in found.nodes)
        return metrics(self._topology.name, self._home, self.own_organisations, found.certificates, running)
