"""What organisations tell one another before they have a network: certificates, in a file without any key.

Each organisation makes its own file and gives it to the others; each compares the fingerprints in it with
what the organisation says by another way, and admits the file to its home.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from ..certificates.enrolment import write_roots
from ..errors import NetworkError
from ..home import write
from ..nodes.orderer import Orderer
from ..site import Site
from .bundle_rules import mistakes_in

KIND = "kindpakket-organisation"
_TEXTS = ("network", "organisation", "msp", "identity_root", "tls_root")


@dataclass(frozen=True)
class Consenter:
    """The certificates of an organisation's orderer, both PEM.

    Attributes:
        identity: the one with which it signs blocks.
        tls: the one with which it answers and calls.
    """

    identity: str
    tls: str


@dataclass(frozen=True)
class Bundle:
    """An organisation as others have to know it.

    Attributes:
        network: the network's name.
        organisation: the organisation's name.
        msp: its MSP id.
        identity_root: the certificate of its authority for identities, PEM.
        tls_root: the certificate of its authority for TLS, PEM.
        revocations: lists of revoked certificates, PEM, by the names of their files.
        consenter: its orderer, or None when it has none.
    """

    network: str
    organisation: str
    msp: str
    identity_root: str = field(repr=False)
    tls_root: str = field(repr=False)
    revocations: dict[str, str] = field(repr=False)
    consenter: Consenter | None = field(repr=False)

    @classmethod
    def read(cls, members: Any, source: str) -> Self:
        """The bundle in a parsed file.

        Args:
            members: the file's members.
            source: what to call the file in errors.

        Raises:
            NetworkError: it is none.
        """
        found = dict(members)
        found.pop("kind", None)
        try:
            consenter = found.pop("consenter")
            bundle = cls(**found, consenter=Consenter(**consenter) if consenter else None)
        except (TypeError, KeyError) as error:
            raise NetworkError(
                f"{source} is no bundle of an organisation ({error}): have it made again by "
                "`kindpakket network export organisation`"
            ) from error
        texts = [getattr(bundle, name) for name in _TEXTS]
        texts += [bundle.consenter.identity, bundle.consenter.tls] if bundle.consenter else []
        if not isinstance(bundle.revocations, dict) or not all(
            isinstance(text, str) for text in [*texts, *bundle.revocations, *bundle.revocations.values()]
        ):
            raise NetworkError(f"{source} is no bundle of an organisation: a member is no text")
        return bundle

    def text(self) -> str:
        """The file."""
        return json.dumps({"kind": KIND, **asdict(self)}, indent=1) + "\n"

    def fingerprints(self) -> tuple[str, str]:
        """SHA-256 of the roots for identities and for TLS, for people to compare."""
        first, second = (_fingerprint(one) for one in (self.identity_root, self.tls_root))
        return first, second


def bundle_of(site: Site, organisation: str) -> Bundle:
    """The bundle of an organisation that this home acts for.

    Raises:
        NetworkError: it does not, or the certificates are not there yet.
    """
    if organisation not in site.acting:
        raise NetworkError(
            f"{site.home.root} does not act for {organisation!r}: use one of {', '.join(site.acting)}, or "
            "ask the organisation for its bundle"
        )
    msp = site.home.organisation(organisation) / "msp"
    orderer = next((one for one in site.inventory.orderers if one.organisation == organisation), None)
    try:
        return Bundle(
            network=site.topology.name,
            organisation=organisation,
            msp=site.topology.organisation(organisation).msp,
            identity_root=(msp / "cacerts" / "ca.pem").read_text("ascii"),
            tls_root=site.home.tls_root(organisation).read_text("ascii"),
            revocations={path.name: path.read_text("ascii") for path in sorted((msp / "crls").glob("*.pem"))},
            consenter=None if orderer is None else _consenter(orderer),
        )
    except FileNotFoundError as error:
        raise NetworkError(
            f"{organisation} has no certificates yet ({error.filename} is not there): run "
            "`kindpakket network up` first"
        ) from error


def admit(site: Site, bundle: Bundle, source: str) -> bool:
    """Take another organisation's bundle into the home.

    A new certificate of an orderer that channels name already waits beside the old one until they name it.

    Args:
        site: the network.
        bundle: the bundle.
        source: what to call it in errors.

    Returns:
        Whether anything in it was new.

    Raises:
        NetworkError: it does not fit the topology, is not consistent, or has other roots than those known.
    """
    mistakes = mistakes_in(bundle, site.topology)
    if mistakes:
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        raise NetworkError(f"{source} is not admitted:{lines}")
    name = bundle.organisation
    if name in site.acting:
        if bundle != bundle_of(site, name):
            raise NetworkError(f"{source} says something else of {name} than this home, which acts for it")
        return False
    folder = site.home.organisation(name)
    known = {
        folder / "msp" / "cacerts" / "ca.pem": bundle.identity_root,
        folder / "tls" / "ca.pem": bundle.tls_root,
    }
    for path, root in known.items():
        if path.is_file() and _fingerprint(path.read_text("ascii")) != _fingerprint(root):
            raise NetworkError(
                f"{source} has another root than the one in {path}: ask {name} by another way which is "
                "right; channels must name a new root before it counts"
            )
    for file, text in bundle.revocations.items():
        present = folder / "msp" / "crls" / file
        if present.is_file() and _made(text) < _made(present.read_text("ascii")):
            raise NetworkError(
                f"{source} is older than what this home has of {name}: {file} would revoke less; ask {name} "
                "for its bundle of today"
            )
    before = _state(site, bundle)
    if bundle.consenter is not None:
        orderer = next(one for one in site.inventory.orderers if one.organisation == name)
        _place(orderer.folder / "msp", "signcerts/cert.pem", bundle.consenter.identity)
        _place(orderer.folder / "tls", "cert.pem", bundle.consenter.tls)
    for file, text in bundle.revocations.items():
        write(folder / "msp" / "crls" / file, text)
    # The roots come last: with them there, the organisation counts as known.
    write_roots(folder, bundle.identity_root.encode(), bundle.tls_root.encode())
    return before != _state(site, bundle)


def _place(folder: Path, name: str, text: str) -> None:
    """Put a certificate in its place, or beside the one that is there when it is another."""
    present = folder / name
    if not present.is_file():
        write(present, text)
    elif present.read_text("ascii") != text:
        write(folder.with_name(f"{folder.name}.next") / name, text)


def _consenter(orderer: Orderer) -> Consenter:
    def newest(folder: str, name: str) -> str:
        following = orderer.folder / f"{folder}.next" / name
        return (following if following.is_file() else orderer.folder / folder / name).read_text("ascii")

    return Consenter(newest("msp", "signcerts/cert.pem"), newest("tls", "cert.pem"))


def _state(site: Site, bundle: Bundle) -> dict[Path, bytes]:
    name = bundle.organisation
    folders = [site.home.organisation(name), site.home.node(f"orderer.{name}")]
    return {path: path.read_bytes() for one in folders for path in one.rglob("*.pem")}


def _made(revocations: str) -> datetime:
    return x509.load_pem_x509_crl(revocations.encode()).last_update_utc


def _fingerprint(pem: str) -> str:
    digest = x509.load_pem_x509_certificate(pem.encode()).fingerprint(SHA256())
    return digest.hex(":").upper()
