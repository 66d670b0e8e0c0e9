"""Where a settlement is in the bank's files, as whoever reads those files says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BankTrace:
    """A line of a payment file or of a statement that names a settlement.

    Attributes:
        settlement: id of the settlement.
        source: name of the file, without its folder.
        place: where in the file.
        cents: the amount in euro cents.
        day: the day on which the bank was to pay, or the value date; "" if it is not known.
        file_sha256: hash of the file, hexadecimal.
    """

    settlement: str
    source: str
    place: str
    cents: int
    day: str
    file_sha256: str


@dataclass(frozen=True, slots=True)
class BankFiles:
    """The files of the bank that were given, and what they say of settlements.

    Attributes:
        payment_files: hashes of the payment files; empty: none was given.
        statements: hashes of the statements; empty: none was given.
        orders: the lines of payment files.
        lines: the lines of statements.
    """

    payment_files: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    orders: tuple[BankTrace, ...] = ()
    lines: tuple[BankTrace, ...] = ()
