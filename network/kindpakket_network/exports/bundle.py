"""What organisations tell one another before they have a network: certificates, in a file without any key.

Each organisation makes its own file and gives it to the others; each compares the fingerprints in it with
what the organisation says by another way, and admits the file to its home.
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
        first, second = (fingerprint(one) for one in (self.identity_root, self.tls_root))
        return first, second


def fingerprint(pem: str) -> str:
    """SHA-256 of a certificate, PEM, in hexadecimal pairs with colons."""
    digest = x509.load_pem_x509_certificate(pem.encode()).fingerprint(SHA256())
    return digest.hex(":").upper()
