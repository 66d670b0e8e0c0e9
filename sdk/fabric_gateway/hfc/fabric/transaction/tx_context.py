"""Who proposes: a user's identity, a fresh nonce, and the transaction id that follows from both."""

from __future__ import annotations

import hashlib
from typing import Any

from fabric_gateway.hfc.fabric.user import User
from fabric_gateway.hfc.util.crypto.crypto import DEFAULT_NONCE_SIZE, Ecies, ecies
from fabric_gateway.hfc.util.utils import create_serialized_identity


class TXContext:
    """The context of one transaction.

    Attributes:
        user: who signs.
        crypto: the crypto suite that signs.
        tx_prop_req: what is proposed.
        prop_wait_time: kept and not used, as in hfc.
        identity: the user's serialised identity.
        nonce: random bytes.
        tx_id: the transaction id, 64 hexadecimal characters.
        epoch: 0.
    """

    epoch = 0

    def __init__(
        self, user: User, crypto: Ecies | None, tx_prop_req: Any = None, prop_wait_time: float = -1
    ) -> None:
        self.user = user
        self.crypto = crypto or ecies()
        self.tx_prop_req = tx_prop_req
        self.prop_wait_time = prop_wait_time
        self.identity = create_serialized_identity(user)
        self.nonce = self.crypto.generate_nonce(DEFAULT_NONCE_SIZE)
        self.tx_id = hashlib.sha256(self.nonce + self.identity).hexdigest()

    def sign(self, plain_text: bytes) -> bytes:
        """The user's signature, ASN.1 DER with a low s.

        Raises:
            ValueError: the user has no key.
        """
        enrollment = self.user.enrollment
        if enrollment is None or enrollment.private_key is None:
            raise ValueError(f"user {self.user.name!r} has no private key: enrol it, or use create_user")
        return self.crypto.sign(enrollment.private_key, plain_text)


def validate(tx_context: TXContext) -> TXContext:
    """A context that has all that a proposal needs.

    Raises:
        ValueError: something is missing.
    """
    if not tx_context:
        raise ValueError("Missing transaction context object")
    for name in ("crypto", "user", "tx_prop_req"):
        if not getattr(tx_context, name):
            raise ValueError(f"Missing {name!r} parameter in the transaction context object")
    return tx_context


def create_tx_context(
    user: User, crypto: Ecies | None, tx_prop_req: Any, prop_wait_time: float = -1
) -> TXContext:
    """Make a context; raises as `validate`."""
    return validate(TXContext(user, crypto, tx_prop_req, prop_wait_time))
