"""Revokes certificates: the authority's revocation list goes into every channel of the organisation.

Fabric consults the list when it checks identities: peers and consenters refuse proposals, endorsements and
envelopes of a revoked one. It does not consult it for TLS. For calls by administrators, nodes use their own
copy of the list, which they read when they start.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from fabric_gateway.ca import CaAlreadyRevoked, CaClient, CaNotFound, Enrolment
from kindpakket_network.certificates.enrolment import CRL
from kindpakket_network.certificates.node_renewal import NodeRenewal
from kindpakket_network.certificates.revocation_mark import mark_revoked
from kindpakket_network.channel.change import SETTINGS, reconcile
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.authority import IDENTITIES, TLS, Authority
from kindpakket_network.nodes.issue import ensure_user_name
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.pending import mark_for_restart
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write


@dataclass(frozen=True)
class Revocation:
    """Revokes certificates of one organisation.

    Args:
        session: the network.
        organisation: the organisation.
    """

    session: Session
    organisation: str

    def run(self, name: str, *, superseded: bool = False) -> int:
        """Revoke the certificates of a user or node, and update the channels. It can be repeated.

        Args:
            name: the enrolment name: a user's or a node's.
            superseded: only certificates that have been replaced by renewal; otherwise all, and the name can
                never be enrolled again.

        Returns:
            The number of certificates on the organisation's list.

        Raises:
            NetworkError: there is no such user or node, the network depends on it, or a channel could not be
                updated; the next call resumes.
        """
        folder = self._folder(name)
        if not superseded:
            self._ensure_dispensable(name)
        authority = self.session.inventory.authorities[self.organisation]
        if authority.roots.phase in ("replacing", "replaced", "retiring"):
            raise NetworkError(
                f"the roots of {self.organisation} are being replaced, and its authority no longer signs a "
                "revocation list for the old ones: finish it with `kindpakket network roots`, which ends all "
                "old certificates, and revoke afterwards what is left"
            )
        for kind in (IDENTITIES, TLS):
            with authority.as_registrar(kind) as (client, registrar):
                if superseded:
                    present = folder / ("msp/signcerts/cert.pem" if kind == IDENTITIES else "tls/cert.pem")
                    _revoke_others(client, registrar, name, present)
                else:
                    _revoke(client, registrar, name)
        if not superseded:
            mark_revoked(folder)
        count = self._write_list(authority)
        for channel in self._channels():
            reconcile(self.session, channel, only=[SETTINGS])
        self._restart_nodes()
        return count

    def withdraw(self, node: str) -> None:
        """Revoke the certificates of a node that has left, and update the channels. It can be repeated.

        Its name may be enrolled again, and the other nodes are not restarted, as they do not take its calls
        for an administrator's.

        Raises:
            NetworkError: the authority refused, or a channel could not be updated; the next call resumes.
        """
        authority = self.session.inventory.authorities[self.organisation]
        for kind in (IDENTITIES, TLS):
            with authority.as_registrar(kind) as (client, registrar):
                for pem in client.certificates(registrar, name=node, expired=False, revoked=False):
                    client.revoke(registrar, certificate=pem, reason="cessationofoperation")
        self._write_list(authority)
        for channel in self._channels():
            reconcile(self.session, channel, only=[SETTINGS])

    def _folder(self, name: str) -> Path:
        ensure_user_name(name, ())
        user = self.session.home.user(self.organisation, name)
        node = self.session.home.node(name)
        found = next((candidate for candidate in (user, node) if (candidate / "msp").is_dir()), None)
        if found is None:
            raise NetworkError(
                f"{self.organisation} has no user or node {name!r} with a certificate in this home: use "
                "another name, or revoke it where its certificate is"
            )
        return found

    def _ensure_dispensable(self, name: str) -> None:
        topology = self.session.topology
        if name == topology.organisation(self.organisation).admin.name:
            raise NetworkError(
                f"{name} is the administrator of {self.organisation}, which could then change nothing: add "
                "another administrator before it in the topology first. If its key was stolen, renew it, and "
                "revoke the superseded certificates"
            )
        orderers = [orderer for orderer in self.session.inventory.orderers if orderer.node == name]
        ordered = [
            channel.name
            for channel in topology.channels
            if set(orderers).intersection(self.session.consenters_of(channel))
        ]
        if ordered:
            raise NetworkError(
                f"{name} is a consenter of {', '.join(ordered)}, and could no longer order: renew it "
                "instead, and revoke the superseded certificates"
            )

    def _write_list(self, authority: Authority) -> int:
        """Store the authority's list where channels and nodes get it from, if it has changed."""
        with authority.as_registrar(IDENTITIES) as (client, registrar):
            pem = client.crl(registrar)
        shared = self.session.home.organisation(self.organisation) / "msp" / CRL
        if not shared.is_file() or _serials(pem) != _serials(shared.read_bytes()):
            write(shared, pem)
        return len(_serials(pem))

    def _channels(self) -> list[Channel]:
        return [
            channel
            for channel in self.session.topology.channels
            if self.organisation
            in (*channel.consenters, *(member.organisation for member in channel.members))
        ]

    def _restart_nodes(self) -> None:
        """Restart the organisation's nodes with the list, one after the other."""
        content = (self.session.home.organisation(self.organisation) / "msp" / CRL).read_bytes()
        nodes: list[Peer | Orderer] = [*self.session.inventory.peers, *self.session.inventory.orderers]
        for node in nodes:
            own = node.folder / "msp" / CRL
            if node.organisation != self.organisation or (own.is_file() and own.read_bytes() == content):
                continue
            with self.session.stage(f"revocation list of {node.node}"):
                if self.session.runs(node.node):
                    mark_for_restart(node.folder)
                write(own, content)
                NodeRenewal(self.session, node).run()


def _revoke(client: CaClient, registrar: Enrolment, name: str) -> None:
    # Already revoked by an earlier call, or this authority never issued one.
    with contextlib.suppress(CaAlreadyRevoked, CaNotFound):
        client.revoke(registrar, name=name)


def _revoke_others(client: CaClient, registrar: Enrolment, name: str, present: Path) -> None:
    """Revoke all certificates of an identity except the present one."""
    if not present.is_file():
        return
    kept = x509.load_pem_x509_certificate(present.read_bytes())
    for pem in client.certificates(registrar, name=name, expired=False, revoked=False):
        if x509.load_pem_x509_certificate(pem) != kept:
            client.revoke(registrar, certificate=pem, reason="superseded")


def _serials(pem: bytes) -> set[int]:
    return {entry.serial_number for entry in x509.load_pem_x509_crl(pem)}
