"""Other organisations' roots: what the channels name, and what this home trusts.

An organisation renews its own roots, and its administrator signs the change of the channels that names them.
So a home believes the channels, once it has admitted the organisation's first roots by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kindpakket_network.certificates.enrolment import read_roots, write_roots
from kindpakket_network.certificates.node_renewal import NodeRenewal
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.configuration import APPLICATION, ORDERER, Configuration
from kindpakket_network.channel.submission import current
from kindpakket_network.description.channel import Channel
from kindpakket_network.nodes.authority_roots import split
from kindpakket_network.nodes.pending import mark_for_restart, needs_restart
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.deferral import deferring


@dataclass(frozen=True)
class RootSet:
    """The root certificates of an organisation, PEM, in no order.

    Attributes:
        identities: of its authority for identities.
        tls: of its authority for TLS.
    """

    identities: frozenset[bytes] = field(default=frozenset(), repr=False)
    tls: frozenset[bytes] = field(default=frozenset(), repr=False)

    def __or__(self, other: RootSet) -> RootSet:
        return RootSet(self.identities | other.identities, self.tls | other.tls)


@dataclass(frozen=True)
class ForeignRoots:
    """The roots of organisations that a home does not act for.

    Args:
        session: the network.
        channels: the channels that are asked, which live.
    """

    session: Session
    channels: Sequence[Channel]

    def changed(self) -> dict[str, RootSet]:
        """What the channels name, of the organisations for which the home has something else.

        Raises:
            NetworkError: no consenter of a channel answers.
        """
        if self.session.whole:
            return {}
        named = named_roots([current(self.session, channel) for channel in self.channels])
        found = {}
        for organisation in self.session.topology.organisations:
            if organisation.name in self.session.own_organisations or organisation.msp not in named:
                continue
            folder = self.session.home.organisation(organisation.name)
            if (folder / "tls" / "ca.pem").is_file() and _kept(folder) != named[organisation.msp]:
                found[organisation.name] = named[organisation.msp]
        return found

    def take(self) -> None:
        """Trust what the channels name, and restart this home's running peers one after the other.

        A peer's Gateway keeps its connections with the roots that it trusted when it connected.

        Raises:
            NetworkError: no consenter answers, or a peer does not take part again in time; the next `up`
                resumes.
        """
        found = self.changed()
        if not found:
            return
        peers = [peer for peer in self.session.own_peers if self.session.runs(peer.node)]
        for peer in peers:
            mark_for_restart(peer.folder)
        for name, roots in found.items():
            folder = self.session.home.organisation(name)
            before = _kept(folder)
            write_roots(
                folder,
                _known_first(roots.identities, before.identities),
                _known_first(roots.tls, before.tls),
            )
            self.session.progress(f"{name}: this home trusts the roots that the channels name")
        with deferring() as deferred:
            for peer in peers:
                if needs_restart(peer.folder):
                    with deferred(), self.session.stage(f"roots of {peer.node}"):
                        NodeRenewal(self.session, peer).run()


def named_roots(configurations: Collection[Configuration]) -> dict[str, RootSet]:
    """The roots that channels name, by MSP id; while one of them names an old root, it is still trusted."""
    found: dict[str, RootSet] = {}
    for configuration in configurations:
        for part in (APPLICATION, ORDERER):
            for msp, organisation in configuration.group.groups[part].groups.items():
                config = m.msp_config.MSPConfig.FromString(organisation.values["MSP"].value).config
                named = m.msp_config.FabricMSPConfig.FromString(config)
                roots = RootSet(*(_set(pems) for pems in (named.root_certs, named.tls_root_certs)))
                found[msp] = found.get(msp, RootSet()) | roots
    return found


def _kept(folder: Path) -> RootSet:
    """The roots that a home trusts of an organisation, in its folder."""
    identities, tls = read_roots(folder)
    return RootSet(frozenset(identities), frozenset(tls))


def _set(pems: Iterable[bytes]) -> frozenset[bytes]:
    return frozenset(root for pem in pems for root in split(pem))


def _known_first(roots: Collection[bytes], known: Collection[bytes]) -> list[bytes]:
    return sorted(roots, key=lambda root: (root not in known, root))
