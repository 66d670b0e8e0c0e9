"""A PKCS#11 token, in which an organisation keeps the signing keys of its nodes and the roots of its CAs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

# Nodes log the PIN at debug when they find the token, and an orderer logs it when it starts, with the rest of
# its configuration.
_QUIET = ":bccsp_p11=info:orderer.common.server=warning"


@dataclass(frozen=True)
class Token:
    """A PKCS#11 token. One serves all nodes of its organisation.

    Attributes:
        library: the path of the vendor's library.
        label: the token's label.
        pin_file: the path of the file with the user's PIN; only its owner may read it.
        environment: variables that the library needs, such as `SOFTHSM2_CONF`, with their values.
    """

    library: str
    label: str
    pin_file: str
    environment: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"the PKCS#11 token {self.label!r}"

    @classmethod
    def read(cls, members: Mapping[str, Any]) -> Self | None:
        """The token of an organisation, from its members in a topology; None: its keys are in files."""
        found = members.get("keys", {}).get("pkcs11")
        if found is None:
            return None
        environment = tuple(sorted(found.get("environment", {}).items()))
        return cls(found["library"], found["label"], found["pin_file"], environment)

    def settings(self, prefix: str, log_spec: str) -> dict[str, str]:
        """The variables with which a peer or an orderer uses the token, without the PIN.

        Args:
            prefix: the prefix of its variables for keys, such as `ORDERER_GENERAL_BCCSP`.
            log_spec: from which level it logs; what would show the PIN is left out.
        """
        members = {
            "DEFAULT": "PKCS11",
            "PKCS11_LIBRARY": self.library,
            "PKCS11_LABEL": self.label,
            "PKCS11_HASH": "SHA2",
            "PKCS11_SECURITY": "256",
        }
        return {
            "FABRIC_LOGGING_SPEC": log_spec + _QUIET,
            **{f"{prefix}_{name}": value for name, value in members.items()},
            **dict(self.environment),
        }

    def authority_settings(self) -> dict[str, str]:
        """The variables with which a CA server uses the token, besides its configuration; without the PIN.

        At level info, it logs the PIN when it starts.
        """
        return {"FABRIC_CA_SERVER_LOGLEVEL": "warning", **dict(self.environment)}
