"""A letter to a household, before it is set: what it says, and the secrets that are printed in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from kindpakket.holder.booklet import Booklet
from kindpakket.ledger.ids import is_id

MAX_ADDRESS_LINES = 6
MAX_LINE_LENGTH = 45
"""Characters of an address line that fit in the window of an envelope, in 11 points."""


@dataclass(frozen=True, slots=True)
class VoucherTerms:
    """What a letter says about a voucher.

    Attributes:
        scheme_name: what people call the scheme, in the letter's language.
        purpose: what the voucher is for, in the letter's language.
        where: where it can be used, in the letter's language.
        until: the last day on which it can be used.
        cents: what it is worth in euro cents; None: the letter does not say.
        child: first name of the child that it is for; "": the letter names no child.
    """

    scheme_name: str
    purpose: str
    where: str
    until: date
    cents: int | None = None
    child: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Raise `ValueError` if the amount is not above zero."""
        if self.cents is not None and self.cents <= 0:
            raise ValueError(f"a voucher of {self.cents} cents: it must be above zero, or None")


@dataclass(frozen=True, slots=True)
class LetterVoucher:
    """A voucher in a letter. What can spend or block it is not shown by `repr`.

    Attributes:
        scheme: id of the scheme.
        voucher: id of the voucher.
        terms: what the letter says about it.
        booklet: the booklet that it is bound to; its page 0, which only binds, is not printed.
        activation_code: 32 hexadecimal characters with which the holder's phone binds it; not with a
            booklet.
        block_code: the holder's self-block code, 32 hexadecimal characters; None: the holder has none.
    """

    scheme: str
    voucher: str
    terms: VoucherTerms
    booklet: Booklet | None = field(default=None, repr=False)
    activation_code: str | None = field(default=None, repr=False)
    block_code: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Raise `ValueError` if an id or code has another form, or if it has not one credential."""
        for name in ("scheme", "voucher"):
            if not is_id(getattr(self, name)):
                raise ValueError(
                    f"the {name} {getattr(self, name)!r} is not an id: 32 hexadecimal characters"
                )
        for name in ("activation_code", "block_code"):
            code = getattr(self, name)
            if code is not None and not is_id(code):  # codes have the form of ids
                raise ValueError(
                    f"voucher {self.voucher}: the {name} is not 32 lower-case hexadecimal characters: "
                    "make it with kindpakket.ledger.ids.new_code"
                )
        if (self.booklet is None) == (self.activation_code is None):
            raise ValueError(f"voucher {self.voucher}: give either a booklet or an activation code")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to a household.

    Attributes:
        language: the code of a language file of the templates, such as `nl`.
        dated: the date that the letter shows.
        vouchers: the household's vouchers, at least one.
        address: the lines of the address, for the envelope's window; none: a letter that is handed over.
        our_reference: what the municipality finds the letter by; "": the letter shows none.
    """

    language: str
    dated: date
    vouchers: tuple[LetterVoucher, ...]
    address: tuple[str, ...] = field(default=(), repr=False)
    our_reference: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Raise `ValueError` if there is no voucher, one appears twice, or the address does not fit.

        The message does not repeat the address.
        """
        if not self.vouchers:
            raise ValueError("a letter without vouchers: give at least one")
        if len({voucher.voucher for voucher in self.vouchers}) != len(self.vouchers):
            raise ValueError("a voucher appears twice in a letter: list each once")
        if len(self.address) > MAX_ADDRESS_LINES:
            raise ValueError(
                f"the address has {len(self.address)} lines: the window takes at most {MAX_ADDRESS_LINES}"
            )
        for number, line in enumerate(self.address, 1):
            if not line.strip() or len(line) > MAX_LINE_LENGTH or not line.isprintable():
                raise ValueError(
                    f"line {number} of the address has {len(line)} characters: it must have 1 to "
                    f"{MAX_LINE_LENGTH} printable ones"
                )
