"""Renews the roots of organisations: old and new ones overlap, until every certificate has been reissued.

A step is not begun before every node of the home has taken the one before it. What is outside must keep up:
between the first and the second step, programs load their organisation's connection profile and homes of
other organisations run `up`; between the second and the third, programs load their certificates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from kindpakket_network.certificates.enrolment import CRL, refresh_trust, write_organisation
from kindpakket_network.certificates.node_renewal import NodeRenewal
from kindpakket_network.certificates.renewal import Renewal
from kindpakket_network.certificates.renewal_plan import Due, due
from kindpakket_network.channel.change import SETTINGS, reconcile
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.authority import Authority
from kindpakket_network.nodes.authority_roots import is_issued_by
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.pending import mark_for_restart, needs_restart
from kindpakket_network.nodes.profile import profile
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write
from kindpakket_network.programs.process import started_at

INTRODUCE, REPLACE, RETIRE = "introduce", "replace", "retire"
# The phases in which a step can be taken: after the one before it, in the middle of it, or again.
_PHASES = {
    INTRODUCE: ("settled", "introducing", "introduced"),
    REPLACE: ("introduced", "replacing", "replaced"),
    RETIRE: ("replaced", "retiring"),
}
_DONE = {INTRODUCE: "introduced", REPLACE: "replaced", RETIRE: "settled"}
# A node's start is known to a second, and this much is allowed for it: it is at worst restarted once more.
_INEXACT = timedelta(seconds=2)


def unfinished_roots(inventory: Inventory, organisations: Sequence[str], *, whole: bool = True) -> list[str]:
    """What is to be done next about roots that are being renewed, a sentence for each organisation.

    Args:
        inventory: the nodes.
        organisations: the organisations' names.
        whole: the home acts for all organisations of the network.
    """
    others = "" if whole else "have every other organisation run `kindpakket network up`, and "
    words = {
        "introducing": ("being introduced", "run `kindpakket network roots introduce {}` to go on"),
        "introduced": (
            "trusted beside the old ones",
            f"{others}have all programs load the connection profile of {{}} again, then run `kindpakket "
            "network roots replace {}`",
        ),
        "replacing": ("replacing the old ones", "run `kindpakket network roots replace {}` to go on"),
        "replaced": (
            "in use, and the old ones are still trusted",
            "have all programs load their certificates of {} again, then run `kindpakket network roots "
            "retire {}`",
        ),
        "retiring": (
            "in use, and the old ones are being retired",
            "run `kindpakket network roots retire {}`",
        ),
    }
    found = []
    for name in organisations:
        phase = inventory.authorities[name].roots.phase
        if phase in words:
            state, remedy = words[phase]
            found.append(f"the new roots of {name} are {state}: {remedy.replace('{}', name)}")
    return found


@dataclass(frozen=True)
class RootRenewal:
    """The renewal of the roots of some organisations, for identities and for TLS. Every step can be repeated.

    Args:
        session: the network; its home acts for these organisations.
        organisations: the organisations' names.
    """

    session: Session
    organisations: tuple[str, ...]

    def introduce(self) -> None:
        """Make new roots, and have the channels, nodes and profiles trust them beside the old ones.

        The homes of other organisations take them with their next `up`, see `ForeignRoots`.
        All peers of the home restart, because a peer that has connected to a consenter keeps the roots that
        it trusted then.

        Raises:
            NetworkError: the renewal is in a later step, or a step failed; the next call resumes.
        """
        for authority in self._authorities(INTRODUCE):
            if authority.roots.phase == "settled":
                with self.session.stage(f"new roots of {authority.organisation}"):
                    authority.make_next_roots(self.session.programs)
        self._spread(INTRODUCE)

    def replace(self) -> None:
        """Have the CA servers issue with the new roots, and reissue every certificate, node after node.

        Raises:
            Waiting: other organisations must sign the channels' changes that name a consenter's certificates;
                the next call resumes.
            NetworkError: the new roots are not trusted everywhere yet, or a step failed; the next call
                resumes.
        """
        authorities = self._authorities(REPLACE)
        for authority in authorities:
            if authority.roots.phase != "replaced":
                with self.session.stage(f"{authority.node} issues with its new roots"):
                    self.session.processes.stop(authority.node)
                    authority.discard_certificates()
                    authority.roots.replace()
        self.session.starter.start(authorities)
        renewal = Renewal(self.session)
        renewal.resume()
        renewal.run(self.outdated())
        for authority in authorities:
            authority.roots.note_done()

    def retire(self) -> None:
        """Have the channels, nodes and profiles no longer trust the old roots.

        Certificates that the old roots issued are refused from then on, so their revocation lists go too.

        Raises:
            NetworkError: certificates of the old roots are still in use, or a step failed; the next call
                resumes.
        """
        authorities = self._authorities(RETIRE)
        left = [certificate.holder for certificate in self.outdated()]
        if left:
            raise NetworkError(
                f"certificates of {', '.join(sorted(set(left)))} are still from the old roots: run "
                f"`kindpakket network renew {' '.join(sorted(set(left)))}` first"
            )
        for authority in authorities:
            if authority.roots.phase == "replaced":
                authority.roots.begin_retiring()
            name = authority.organisation
            folders = [self.session.home.organisation(name)]
            issues = self.session.inventory.issues(self.session.topology, self.session.home, name)
            for folder in (*folders, *(issue.folder.parent for issue in issues)):
                for path in (folder / "msp" / CRL).parent.glob("*.pem"):
                    path.unlink()
        self._spread(RETIRE)

    def outdated(self) -> list[Due]:
        """The certificates of the organisations that their present roots did not issue."""
        return [
            certificate
            for certificate in due(self.session, self.organisations)
            if certificate.issue is not None
            and not _issued_by(
                self._authority(certificate.organisation).certificate(certificate.issue.authority),
                certificate.issue.folder,
            )
        ]

    def steps(self, step: str) -> Iterator[str]:
        """What a step would do now, a sentence each.

        Raises:
            NetworkError: it cannot be taken now.
        """
        authorities = self._authorities(step)
        if all(authority.roots.phase == _DONE[step] for authority in authorities):
            return
        for authority in authorities:
            yield {
                INTRODUCE: f"{authority.node}: makes new roots, which it does not use yet",
                REPLACE: f"{authority.node}: restarts, and issues with its new roots",
                RETIRE: f"{authority.node}: its old roots are no longer trusted",
            }[step]
        if step == REPLACE:
            for certificate in due(self.session, self.organisations):
                if certificate.issue is not None:
                    yield f"{certificate.holder}: gets a new {certificate.use} certificate"
            return
        for channel in self.session.topology.channels:
            names = {*channel.consenters, *(member.organisation for member in channel.members)}
            concerned = [name for name in self.organisations if name in names]
            if concerned:
                yield f"{channel.name}: changes the roots of {', '.join(concerned)}"
        for node in self._nodes():
            if self.session.runs(node.node):
                yield f"{node.node}: restarts"

    def _authority(self, name: str) -> Authority:
        return self.session.inventory.authorities[name]

    def _authorities(self, step: str) -> list[Authority]:
        """The CA servers, if the step can be taken for all of them."""
        found = [self._authority(name) for name in self.organisations]
        for authority in found:
            if authority.roots.phase not in _PHASES[step]:
                name = authority.organisation
                others = unfinished_roots(self.session.inventory, [name], whole=self.session.whole)
                none = f"{name} has no new roots to {step}: run `kindpakket network roots introduce {name}`"
                raise NetworkError(others[0] if others else none)
        return found

    def _spread(self, step: str) -> None:
        """Have everything trust what `Authority.trusted` says: files, channels, and then running nodes."""
        authorities = [
            authority for authority in self._authorities(step) if authority.roots.phase != _DONE[step]
        ]
        for authority in authorities:
            self._write(authority)
        for channel in self.session.topology.channels if authorities else ():
            reconcile(self.session, channel, only=[SETTINGS])
        for authority in authorities:
            if authority.roots.changed_channels() is None:
                authority.roots.note_channels()
        changed = [when for authority in authorities if (when := authority.roots.changed_channels())]
        if changed:
            self._restart(max(changed))
        for authority in authorities:
            authority.end_retiring() if step == RETIRE else authority.roots.note_done()

    def _write(self, authority: Authority) -> None:
        name, session = authority.organisation, self.session
        write_organisation(authority, session.home.organisation(name))
        issues = [certificate.issue for certificate in due(session, [name]) if certificate.issue is not None]
        for issue in issues:
            refresh_trust(authority, issue)
        write(session.home.profile(name), profile(session.topology, name, session.inventory, session.home))

    def _restart(self, changed: datetime) -> None:
        """Restart the nodes that were started before the channels changed, leaders last."""
        for node in self._nodes():
            started = started_at(self.session.home, node.node)
            early = started is None or started < changed + _INEXACT
            if needs_restart(node.folder) or (early and self.session.runs(node.node)):
                with self.session.stage(f"roots of {node.node}"):
                    mark_for_restart(node.folder)
                    NodeRenewal(self.session, node).run()

    def _nodes(self) -> list[Peer | Orderer]:
        """All peers of this home, and the organisations' orderers, the leaders last."""
        leaders = [self.session.leading(channel) for channel in self.session.topology.channels]
        orderers = [
            orderer
            for orderer in self.session.inventory.orderers
            if orderer.organisation in self.organisations
        ]
        return [
            *self.session.own_peers,
            *sorted(orderers, key=lambda orderer: orderer in leaders),
        ]


def _issued_by(root: Path, folder: Path) -> bool:
    paths = (folder / "signcerts" / "cert.pem", folder / "cert.pem")
    certificate = next((path for path in paths if path.is_file()), None)
    if certificate is None:
        return False
    try:
        issuer = x509.load_pem_x509_certificate(root.read_bytes())
        return is_issued_by(x509.load_pem_x509_certificate(certificate.read_bytes()), [issuer])
    except (OSError, ValueError):
        return False
