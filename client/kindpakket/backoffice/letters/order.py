"""What a run prints: an order for each household, whose secrets are drawn when its turn comes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from kindpakket.backoffice.letters.letter import Letter, LetterVoucher, VoucherTerms
from kindpakket.holder.booklet import Booklet
from kindpakket.holder.orders import FIRST_VERSION, self_block_hash
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.ids import new_code
from kindpakket.ledger.records import Activation, Replacement


@dataclass(frozen=True, slots=True)
class VoucherRecord:
    """What the municipality keeps of a printed voucher. Nothing in it can spend or block the voucher.

    Attributes:
        scheme: id of the scheme.
        voucher: id of the voucher.
        activation: what `voucher:Activate` takes; None if the holder's phone makes it later, or if the
            booklet replaces another one.
        replacement: what `voucher:Replace` takes of a booklet that replaces another one.
        public_keys: those of the booklet's pages, in hexadecimal, page 0 first: a till finds with them the
            path of a page that was typed (`Page.from_typed`).
        activation_code_sha256: SHA-256 of the activation code, 64 hexadecimal characters; None for a booklet.
        self_block: the hash of the self-block code, for an activation that the holder's phone makes.
    """

    scheme: str
    voucher: str
    activation: Activation | None = None
    replacement: Replacement | None = None
    public_keys: tuple[str, ...] = ()
    activation_code_sha256: str | None = None
    self_block: str | None = None

    def as_members(self) -> dict[str, Any]:
        """The record as JSON keeps it."""
        return {
            "scheme": self.scheme,
            "voucher": self.voucher,
            "activation": self.activation,
            "replacement": self.replacement,
            "public_keys": list(self.public_keys),
            "activation_code_sha256": self.activation_code_sha256,
            "self_block": self.self_block,
        }

    @classmethod
    def of_members(cls, members: Mapping[str, Any]) -> Self:
        """Read what `as_members` gave."""
        return cls(**{**members, "public_keys": tuple(members["public_keys"])})


@dataclass(frozen=True, slots=True)
class Printed:
    """A letter, and what is kept of its vouchers."""

    letter: Letter
    records: tuple[VoucherRecord, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """One household's letter.

    Attributes:
        reference: what the caller finds it by in the manifest: lower-case letters, digits and hyphens. The
            print house sees it, so it is not a case number or other personal data.
        make: makes the letter. It draws new secrets, so it is called once, when the letter is set, and not
            for a letter that was finished before the run was interrupted.
    """

    reference: str
    make: Callable[[], Printed]


def booklet_voucher(
    domain: Domain,
    scheme: str,
    voucher: str,
    terms: VoucherTerms,
    *,
    pages: int,
    version: int = FIRST_VERSION,
) -> tuple[LetterVoucher, VoucherRecord]:
    """Draw a booklet and a self-block code for a voucher.

    Args:
        domain: the channel and chaincode on which the voucher is issued.
        scheme: id of the scheme.
        voucher: id of the voucher.
        terms: what the letter says about it.
        pages: pages of the booklet, page 0 included, which is not printed: 2 to 256.
        version: version of the authorisation: 1 activates the voucher; above it, the booklet replaces the
            authorisation of the version before.
    """
    booklet = Booklet.generate(pages)
    code = new_code()
    block = self_block_hash(domain, scheme, voucher, code)
    printed = LetterVoucher(scheme, voucher, terms, booklet=booklet, block_code=code)
    keys = tuple(key.hex() for key in booklet.public_keys)
    if version == FIRST_VERSION:
        activation = booklet.activate(domain, scheme, voucher, block)
        return printed, VoucherRecord(scheme, voucher, activation, None, keys, self_block=block)
    replacement = booklet.replace(domain, scheme, voucher, version, block)
    return printed, VoucherRecord(scheme, voucher, None, replacement, keys, self_block=block)


def phone_voucher(
    domain: Domain, scheme: str, voucher: str, terms: VoucherTerms
) -> tuple[LetterVoucher, VoucherRecord]:
    """Draw an activation code and a self-block code for a voucher; arguments as for `booklet_voucher`."""
    activation_code, block_code = new_code(), new_code()
    printed = LetterVoucher(scheme, voucher, terms, activation_code=activation_code, block_code=block_code)
    return printed, VoucherRecord(
        scheme,
        voucher,
        activation_code_sha256=hashlib.sha256(bytes.fromhex(activation_code)).hexdigest(),
        self_block=self_block_hash(domain, scheme, voucher, block_code),
    )
