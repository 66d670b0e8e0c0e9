"""What a network hands to others, and takes from them: partners, service managers, monitoring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .channel.first_block import first_block_file
from .errors import NetworkError
from .exports.admission import admit
from .exports.bundle import Bundle, bundle_of
from .exports.metrics import metrics
from .exports.monitoring import monitoring
from .exports.units import units
from .nodes.profile import profile
from .place import Place


class Handover(Place):
    """The verbs for what goes to others and comes from them."""

    def bundle(self, organisation: str) -> Bundle:
        """What the other organisations need to know of one that this home acts for.

        Raises:
            NetworkError: this home does not act for it, or it has no certificates yet.
        """
        return bundle_of(self.site(), self._authority(organisation).organisation)

    def first_block(self, channel: str) -> str:
        """The file with a channel's first block for the other organisations; made when there is none.

        Raises:
            Waiting: other organisations' bundles lack.
            NetworkError: there is no such channel.
        """
        with self._home.locked():
            return first_block_file(self.site(), self._channel(channel))

    def admit(self, files: Sequence[Path]) -> list[str]:
        """Take other organisations' bundles, and first blocks, into the home.

        Returns:
            A sentence about each.

        Raises:
            NetworkError: a file is refused.
        """
        with self._home.locked():
            return admit(self.site(), files)

    def portable_profile(self, organisation: str) -> str:
        """An organisation's connection profile with the certificates inside, as YAML.

        Raises:
            NetworkError: there is no such organisation, or it has no certificates yet.
        """
        name = self._authority(organisation).organisation
        if not self._home.tls_root(name).is_file():
            raise NetworkError(f"{name} has no certificates in {self._home.root}: bring it up first")
        return profile(self._topology, name, self._inventory, self._home, portable=True)

    def units(self, organisations: Sequence[str] = (), user: str = "kindpakket") -> dict[str, str]:
        """The systemd units of organisations' nodes by file name; the home need not exist yet.

        Args:
            organisations: whose nodes; none: of all that the home acts for.
            user: the account that the nodes run as.

        Raises:
            NetworkError: there is no such organisation, or the home's path cannot stand in a unit.
        """
        for name in organisations:
            self._authority(name)
        return units(self._topology, self._home, organisations or self.acting, user)

    def monitoring(self) -> Mapping[str, str]:
        """The files with which Prometheus watches the home's nodes, by name.

        Raises:
            NetworkError: there is no network in the home.
        """
        self._ensure_exists()
        return monitoring(self._topology, self._home, self._inventory)

    def metrics(self) -> str:
        """What Fabric's own metrics lack, in Prometheus' text form.

        Raises:
            NetworkError: there is no network in the home.
        """
        self._ensure_exists()
        found = self.status()
        running = ((node.node, node.running) for node in found.nodes)
        return metrics(self._topology.name, self._home, self.acting, found.certificates, running)
