"""What a run prints: an order for each household, whose secrets are drawn when its turn comes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from kindpakket.backoffice.letters.letter import Letter, LetterVoucher
from kindpakket.holder.booklet import Booklet
from kindpakket.holder.orders import self_block_hash
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.ids import new_code
from kindpakket.ledger.records import Activation


@dataclass(frozen=True, slots=True)
class VoucherRecord:
    """What the municipality keeps of a printed voucher. Nothing in it can spend or block the voucher.

    Attributes:
        scheme: id of the scheme.
        voucher: id of the voucher.
        activation: what `voucher:Activate` takes; None if the holder's phone makes it later.
        public_keys: those of the booklet's pages, in hexadecimal, page 0 first: a till finds with them the
            path of a page that was typed (`Page.from_typed`).
        activation_code_sha256: SHA-256 of the activation code, 64 hexadecimal characters; None for a booklet.
        self_block: the hash of the self-block code, for an activation that the holder's phone makes.
    """

    scheme: str
    voucher: str
    activation: Activation | None = None
    public_keys: tuple[str, ...] = ()
    activation_code_sha256: str | None = None
    self_block: str | None = None

    def as_members(self) -> dict[str, Any]:
        """The record as JSON keeps it."""
        return {
            "scheme": self.scheme,
            "voucher": self.voucher,
            "activation": self.activation,
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
    *,
    pages: int,
    scheme_name: str,
    purpose: str,
    where: str,
    until: date,
    cents: int | None = None,
    child: str = "",
) -> tuple[LetterVoucher, VoucherRecord]:
    """Draw a booklet and a self-block code for a voucher.

    Args:
        domain: the channel and chaincode on which the voucher is issued.
        scheme: id of the scheme.
        voucher: id of the voucher.
        pages: pages of the booklet, page 0 included, which is not printed: 2 to 256.
        scheme_name: see `LetterVoucher`, also for what follows.
        purpose: what it is for.
        where: where it can be used.
        until: the last day.
        cents: what it is worth.
        child: first name of the child.
    """
    booklet = Booklet.generate(pages)
    code = new_code()
    block = self_block_hash(domain, scheme, voucher, code)
    printed = LetterVoucher(
        scheme, voucher, scheme_name, purpose, where, until, cents, child, booklet=booklet, block_code=code
    )
    activation = booklet.activate(domain, scheme, voucher, block)
    keys = tuple(key.hex() for key in booklet.public_keys)
    return printed, VoucherRecord(scheme, voucher, activation, keys, self_block=block)


def phone_voucher(
    domain: Domain,
    scheme: str,
    voucher: str,
    *,
    scheme_name: str,
    purpose: str,
    where: str,
    until: date,
    cents: int | None = None,
    child: str = "",
) -> tuple[LetterVoucher, VoucherRecord]:
    """Draw an activation code and a self-block code for a voucher; arguments as for `booklet_voucher`."""
    activation_code, block_code = new_code(), new_code()
    printed = LetterVoucher(
        scheme,
        voucher,
        scheme_name,
        purpose,
        where,
        until,
        cents,
        child,
        activation_code=activation_code,
        block_code=block_code,
    )
    return printed, VoucherRecord(
        scheme,
        voucher,
        activation_code_sha256=hashlib.sha256(bytes.fromhex(activation_code)).hexdigest(),
        self_block=self_block_hash(domain, scheme, voucher, block_code),
    )
