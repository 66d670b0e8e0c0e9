"""The file with an organisation's certificates, without keys, that other organisations need.

Each organisation exports its own file and gives it to the others; they compare its fingerprints with those
that the organisation gives through another channel, and admit the file to their homes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from kindpakket_network.errors import NetworkError

KIND = "kindpakket-organisation"
_TEXTS = ("network", "organisation", "msp", "identity_root", "tls_root")


@dataclass(frozen=True)
class Consenter:
    """The certificates of an organisation's orderer, both PEM.

    Attributes:
        identity: the certificate with which it signs blocks.
        tls: its certificate as TLS server and client.
    """

    identity: str
    tls: str


@dataclass(frozen=True)
class Bundle:
    """An organisation's public data.

    Attributes:
        network: the network's name.
        organisation: the organisation's name.
        msp: its MSP id.
        identity_root: the certificate of its authority for identities, PEM; while it is renewed, the old one
            and the new one.
        tls_root: the same of its authority for TLS.
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
            source: the file's name in error messages.

        Raises:
            NetworkError: the members are not a bundle's.
        """
        found = dict(members)
        found.pop("kind", None)
        try:
            consenter = found.pop("consenter")
            bundle = cls(**found, consenter=Consenter(**consenter) if consenter else None)
        except (TypeError, KeyError) as error:
            raise NetworkError(
                f"{source} is not an organisation's bundle ({error}): export it again with "
                "`kindpakket network export organisation`"
            ) from error
        texts = [getattr(bundle, name) for name in _TEXTS]
        texts += [bundle.consenter.identity, bundle.consenter.tls] if bundle.consenter else []
        if not isinstance(bundle.revocations, dict) or not all(
            isinstance(text, str) for text in [*texts, *bundle.revocations, *bundle.revocations.values()]
        ):
            raise NetworkError(
                f"{source} is not an organisation's bundle (a member is not text): export it again with "
                "`kindpakket network export organisation`"
            )
        return bundle

    def text(self) -> str:
        """The file's content."""
        return json.dumps({"kind": KIND, **asdict(self)}, indent=1) + "\n"

    def fingerprints(self) -> tuple[str, str]:
        """SHA-256 of the roots for identities and for TLS, for people to compare.

        In hexadecimal pairs with colons; of two roots, the old one's comes first.
        """
        return _fingerprints(self.identity_root), _fingerprints(self.tls_root)


def _fingerprints(pem: str) -> str:
    found = x509.load_pem_x509_certificates(pem.encode())
    return ", ".join(certificate.fingerprint(SHA256()).hex(":").upper() for certificate in found)
