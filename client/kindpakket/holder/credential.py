"""What keys and booklets share: how a voucher is bound to them, at first and in the place of another."""

from __future__ import annotations

from abc import ABC, abstractmethod

from kindpakket.holder.orders import FIRST_VERSION, activation_message, replacement_message
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import Activation, Authorisation, Proof, Replacement


class Credential(ABC):
    """What a voucher can be bound to. Everything here works offline."""

    @abstractmethod
    def authorisation(self) -> Authorisation:
        """The document that binds a voucher to this."""

    @abstractmethod
    def prove(self, message: bytes, version: int) -> Proof:
        """The proof over a message that binds, under a version of the voucher's authorisation."""

    def activate(
        self, domain: Domain, scheme: str, voucher: str, self_block: str | None = None
    ) -> Activation:
        """What the municipality needs to activate a voucher for this.

        Args:
            domain: where it counts.
            scheme: id of the scheme.
            voucher: id of the voucher.
            self_block: hash of the holder's self-block code, by `signing.self_block_hash`; default: none.
        """
        message = activation_message(domain, scheme, voucher, self.authorisation(), self_block)
        return {"voucher": voucher, **self._bound(message, FIRST_VERSION, self_block)}

    def replace(
        self, domain: Domain, scheme: str, voucher: str, version: int, self_block: str | None = None
    ) -> Replacement:
        """What the municipality needs to bind a voucher to this instead of what it is bound to.

        Args:
            domain: where it counts.
            scheme: id of the scheme.
            voucher: id of the voucher.
            version: the version that it will have: the one after the voucher's `authorisation_version`.
            self_block: hash of the holder's new self-block code; default: none.
        """
        message = replacement_message(domain, scheme, voucher, version, self.authorisation(), self_block)
        return self._bound(message, version, self_block)

    def _bound(self, message: bytes, version: int, self_block: str | None) -> Replacement:
        bound: Replacement = {
            "authorisation": self.authorisation(),
            "proof": self.prove(message, version),
        }
        if self_block is not None:
            bound["self_block"] = self_block
        return bound
