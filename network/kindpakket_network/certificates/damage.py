"""Certificates and keys in a home that are missing, cannot be read, or are somebody else's.

A node that runs has read its files, so it does not notice; its next start would fail, and `up` would put a
certificate authority with another root in the place of one that is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kindpakket_network.certificates.enrolment import read_key, was_issued
from kindpakket_network.certificates.revocation_mark import is_revoked
from kindpakket_network.channel.configuration import APPLICATION, ORDERER, Configuration
from kindpakket_network.description.topology import Topology
from kindpakket_network.nodes.authority import IDENTITIES, TLS, Authority
from kindpakket_network.nodes.authority_roots import is_issued_by
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.issue import KEY, Issue
from kindpakket_network.nodes.own_organisations import own_organisations
from kindpakket_network.nodes.pending import pending_folder
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.token import TokenError, TokenKeys, key_id_of

_FILES = {
    IDENTITIES: ("signcerts/cert.pem", KEY, "cacerts/ca.pem", "config.yaml"),
    TLS: ("cert.pem", "key.pem", "ca.pem"),
}


@dataclass(frozen=True)
class Damage:
    """A certificate, a key or an authority that cannot be used.

    Attributes:
        holder: the node, or `user@organisation`.
        words: what is wrong, with the folder.
        remedy: what to do.
    """

    holder: str
    words: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.words}: {self.remedy}"


def damages(topology: Topology, home: Home, inventory: Inventory) -> list[Damage]:
    """What is damaged of the organisations that a home acts for.

    What has never been issued is not damaged; nor is what was revoked.
    """
    found: list[Damage] = []
    for name in own_organisations(topology, home):
        authority = inventory.authorities[name]
        lost = _lost(authority, topology, inventory)
        if lost is not None:
            found.append(lost)
            continue
        issues = inventory.issues(topology, home, name)
        held, unusable = _held(authority, issues)
        found += unusable
        for issue in issues:
            if issue.token is None or not unusable:
                found += _of(issue, authority, held)
    return found


def _held(authority: Authority, issues: Sequence[Issue]) -> tuple[set[bytes], list[Damage]]:
    """The keys in an organisation's token, and what is wrong with the token or with the roots' keys in it."""
    token = authority.token
    if token is None or not any(map(was_issued, issues)):
        return set(), []
    try:
        held = TokenKeys(token).pairs()
    except TokenError as error:
        words = f"the keys of {authority.organisation} cannot be used, which are in {token}"
        return set(), [Damage(authority.node, f"{words}: {error}", "make it available, and try again")]
    lost = [
        f"{kind}.{authority.organisation}"
        for kind in (IDENTITIES, TLS)
        if authority.used_token is not None
        and (identifier := key_id_of(authority.certificate(kind))) is not None
        and identifier not in held
    ]
    if not lost:
        return held, []
    words = f"{' and '.join(lost)} {'has' if len(lost) == 1 else 'have'} no key in {token}"
    remedy = "restore the token from a backup that its vendor's tools made"
    return held, [Damage(authority.node, words, remedy)]


def _lost(authority: Authority, topology: Topology, inventory: Inventory) -> Damage | None:
    """An authority that is gone although a channel knows its organisation by its roots."""
    name, home = authority.organisation, authority.home
    missing = [root for kind in (IDENTITIES, TLS) if not (root := authority.certificate(kind)).is_file()]
    if not missing:
        return None
    msp = topology.organisation(name).msp
    served = any(was_issued(issue) for issue in inventory.issues(topology, home, name))
    channel = next(
        (
            channel.name
            for channel in topology.channels
            if name in (*channel.consenters, *(member.organisation for member in channel.members))
            and (genesis := home.genesis(channel.name)).is_file()
            and (served or msp in _founders(genesis))
        ),
        None,
    )
    if channel is None:
        return None
    return Damage(
        authority.node,
        f"the certificate authority of {name} is gone ({missing[0]}), and a new one could not speak for "
        f"{msp}, which {channel} knows by the old one's roots",
        f"run `kindpakket network restore` with a backup of {name}",
    )


def _founders(genesis: Path) -> set[str]:
    """The MSP ids of the organisations in a genesis block."""
    groups = Configuration.read(genesis.read_bytes()).group.groups
    return {msp for name in (APPLICATION, ORDERER) for msp in groups[name].groups}


def _of(issue: Issue, authority: Authority, held: Collection[bytes]) -> Iterator[Damage]:
    if not was_issued(issue) or is_revoked(issue.folder.parent):
        return
    if not issue.folder.is_dir() and pending_folder(issue.folder).is_dir():
        return  # a renewal was killed between two moves, and `up` goes on with it
    words = _words(issue, _roots(authority, issue.authority), held)
    if words is not None:
        holder = issue.holder(authority)
        use = "identity" if issue.authority == IDENTITIES else "tls"
        text = f"the {use} certificate of {holder} {words} ({issue.folder})"
        yield Damage(holder, text, f"run `kindpakket network renew {holder}`")


def _roots(authority: Authority, kind: str) -> list[x509.Certificate]:
    """The roots that the files of an organisation may name: two while they overlap."""
    pem = [*authority.trusted(kind), *authority.roots.retiring(authority.certificate(kind))]
    return [x509.load_pem_x509_certificate(root) for root in pem]


def _words(issue: Issue, roots: Sequence[x509.Certificate], held: Collection[bytes]) -> str | None:
    in_token = issue.token is not None and not (issue.folder / KEY).is_file()
    names = [name for name in _FILES[issue.authority] if not (in_token and name == KEY)]
    missing = [name for name in names if not (issue.folder / name).is_file()]
    if len(missing) == len(names):
        return "is gone"
    if missing:
        return f"lacks {' and '.join(missing)}"
    certificate, key, own_root = (issue.folder / name for name in _FILES[issue.authority][:3])
    try:
        trusted = x509.load_pem_x509_certificates(own_root.read_bytes())
    except ValueError:
        trusted = []
    if not trusted or any(root not in roots for root in trusted):
        return f"has another root certificate in {own_root.name} than its organisation's"
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except ValueError:
        return "cannot be read"
    if in_token:
        lost = key_id_of(certificate) not in held
        return f"has no key in {issue.token}" if lost else _foreign(found, roots)
    return _foreign_key(found, key) or _foreign(found, roots)


def _foreign_key(certificate: x509.Certificate, key: Path) -> str | None:
    private = read_key(key)
    if private is None:
        return "has a key that cannot be read"
    if load_pem_private_key(private, None).public_key() != certificate.public_key():
        return "has another certificate's key"
    return None


def _foreign(certificate: x509.Certificate, roots: Sequence[x509.Certificate]) -> str | None:
    return None if is_issued_by(certificate, roots) else "was not issued by its organisation's authority"
