"""All that the register keeps of payments and the bank's answers, brought together for matching."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kindpakket.backoffice.bank.matching import match
from kindpakket.backoffice.bank.orders import Expected
from kindpakket.backoffice.bank.outcomes import Outcome
from kindpakket.backoffice.bank.reports import Answer
from kindpakket.backoffice.bank.statements import Statement
from kindpakket.backoffice.booking.documents import read_answer, read_payments, read_statement
from kindpakket.backoffice.register import BankBooks, KeptFile

PAYMENTS, STATUS, STATEMENT = "pain.001", "pain.002", "camt.053"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known so far.

    Attributes:
        orders: the payments of all payment files, but of those that are not to be sent.
        statements: all statements.
        answers: what all status reports say.
        decisions: id of a line -> the settlements that somebody said it pays or returns.
        unfinished: hashes of payment files whose export has begun and not ended.
    """

    orders: Sequence[Expected]
    statements: Sequence[Statement]
    answers: Sequence[Answer]
    decisions: Mapping[str, Sequence[str]]
    unfinished: Sequence[str] = ()

    def outcome(self) -> Outcome:
        """What became of each line.

        Raises:
            ConflictingStatements: two statements have the same id and say different things.
        """
        return match(self.orders, self.statements, self.answers, self.decisions)


def read_kept(books: BankBooks, more: Iterable[KeptFile] = ()) -> Kept:
    """Read all that is kept.

    Args:
        books: of the register.
        more: files that are to be kept, as if they were.
    """
    files = [*books.files(PAYMENTS, STATUS, STATEMENT)]
    known = {file.sha256 for file in files}
    files += [file for file in more if file.sha256 not in known]
    payments = [file for file in files if file.kind == PAYMENTS and file.state != "cancelled"]
    return Kept(
        orders=[order for file in payments for order in read_payments(file.document, name_of(file))],
        statements=[
            read_statement(statement, name_of(file))
            for file in files
            for statement in file.document.get("statements", ())
        ],
        answers=[
            read_answer(answer, name_of(file))
            for file in files
            for answer in file.document.get("answers", ())
        ],
        decisions=books.decisions(),
        unfinished=[file.sha256 for file in payments if file.state == "made"],
    )


def name_of(file: KeptFile) -> str:
    """What a file is called in messages: its name without a folder."""
    return str(file.document["name"])
