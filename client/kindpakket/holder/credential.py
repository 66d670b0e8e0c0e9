"""What keys and booklets share: binding a voucher to them, for the first time or as a replacement."""

from __future__ import annotations

from abc import ABC, abstractmethod

from kindpakket.holder.orders import FIRST_VERSION, activation_message, replacement_message
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import Activation, Authorisation, Proof, Replacement


class Credential(ABC):
    """What a voucher can be bound to: a key or a booklet. Everything here works offline."""

    @abstractmethod
    def authorisation(self) -> Authorisation:
        """The public document that binds a voucher to this credential."""

    @abstractmethod
    def prove(self, message: bytes, version: int) -> Proof:
        """The proof over a binding message, for a version of the voucher's authorisation."""

    def activate(
        self, domain: Domain, scheme: str, voucher: str, self_block: str | None = None
    ) -> Activation:
        """What the municipality needs to activate a voucher with this credential.

        Args:
            domain: the channel and chaincode that the signature is valid for.
            scheme: id of the scheme.
            voucher: id of the voucher.
            self_block: hash of the holder's self-block code, by `kindpakket.holder.orders.self_block_hash`;
                default: no code.
        """
        message = activation_message(domain, scheme, voucher, self.authorisation(), self_block)
        return {"voucher": voucher, **self._signed(message, FIRST_VERSION, self_block)}

    def replace(
        self, domain: Domain, scheme: str, voucher: str, version: int, self_block: str | None = None
    ) -> Replacement:
        """What the municipality needs to replace a voucher's credential with this one.

        Args:
            domain: the channel and chaincode that the signature is valid for.
            scheme: id of the scheme.
            voucher: id of the voucher.
            version: the new authorisation's version: the voucher's `authorisation_version` plus one.
            self_block: hash of the holder's new self-block code; default: no code.
        """
        message = replacement_message(domain, scheme, voucher, version, self.authorisation(), self_block)
        return self._signed(message, version, self_block)

    def _signed(self, message: bytes, version: int, self_block: str | None) -> Replacement:
        signed: Replacement = {
            "authorisation": self.authorisation(),
            "proof": self.prove(message, version),
        }
        if self_block is not None:
            signed["self_block"] = self_block
        return signed
