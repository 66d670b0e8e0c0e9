"""A certificate that a node or user needs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kindpakket_network.description.token import Token
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.authority import REGISTRAR, Authority

KEY = "keystore/key.pem"
"""The file of a signing key in an MSP folder; a key in a token has none."""
_USER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Issue:
    """A certificate to be issued.

    Attributes:
        folder: its folder: `…/msp` or `…/tls`.
        authority: `IDENTITIES` makes an MSP folder, `TLS` a TLS folder.
        name: the enrolment name.
        kind: the node OU.
        attributes: attributes in the certificate.
        hosts: host names and addresses (TLS).
        profile: the signing profile.
        token: where a new key is made; None: in a file.
    """

    folder: Path
    authority: str
    name: str
    kind: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    hosts: Sequence[str] = ()
    profile: str | None = None
    token: Token | None = None

    def holder(self, authority: Authority) -> str:
        """Its holder: the node, or `user@organisation`."""
        is_user = self.folder.parent.parent.name == "users"
        return f"{self.name}@{authority.organisation}" if is_user else self.name


def ensure_user_name(name: str, nodes: Collection[str]) -> None:
    """Check that a name can be a user's: a valid folder name that no node or CA server has.

    Args:
        name: the name.
        nodes: the names of all nodes.

    Raises:
        NetworkError: it cannot.
    """
    if not _USER_NAME.fullmatch(name):
        raise NetworkError(
            f"{name!r} is not a valid user name: use at most 64 letters, digits, dots, hyphens and "
            "underscores, starting with a letter or digit"
        )
    if name == REGISTRAR or name in nodes:
        raise NetworkError(f"{name!r} is the name of a node or CA server: use another name for the user")
