"""What is paid, from which account, and the file that results."""

from __future__ import annotations

from dataclasses import dataclass


class PaymentFileError(ValueError):
    """No payment file can be made of these payments; nothing was written.

    Attributes:
        mistakes: all mistakes, each a sentence that names the settlement and never a name or an account.
    """

    def __init__(self, *mistakes: str) -> None:
        """List what is wrong."""
        self.mistakes = mistakes
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        super().__init__(
            mistakes[0] if len(mistakes) == 1 else f"{len(mistakes)} mistakes, nothing was written:{lines}"
        )


@dataclass(frozen=True, slots=True)
class Debtor:
    """The account that pays.

    Attributes:
        name: the account's holder.
        iban: the account's number.
        bic: the bank's BIC.
    """

    name: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class CreditTransfer:
    """A settlement to pay.

    Attributes:
        settlement: the settlement's id, which becomes the EndToEndId.
        name: holder of the shop's account, as it is written elsewhere; the file has it in SEPA characters.
        iban: the shop's account.
        cents: the amount in euro cents, above zero.
        text: what the shop reads on its bank statement; no data about children.
    """

    settlement: str
    name: str
    iban: str
    cents: int
    text: str


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """A file for the bank.

    Attributes:
        content: the XML, UTF-8 bytes, valid against its schema.
        sha256: its hash, 64 hexadecimal characters, for the ledger.
        message_id: the id in the file's header.
        cents: sum of its payments, in euro cents.
        payments: number of its payments.
    """

    content: bytes
    sha256: str
    message_id: str
    cents: int
    payments: int
