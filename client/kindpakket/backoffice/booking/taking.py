"""Taking the bank's files into the register: all that were given, or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kindpakket.backoffice.bank.files import BankFile
from kindpakket.backoffice.booking.documents import answer_document, bytes_document, statement_document
from kindpakket.backoffice.booking.kept import PAYMENTS, Kept, read_kept
from kindpakket.backoffice.register import BankBooks, KeptFile, PayeeCheck
from kindpakket.ledger.records import Settlement


class UnusableFiles(ValueError):
    """Files cannot be booked from; none was taken. The message has a line for each."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken.

    Attributes:
        new: how many files the register did not have.
        again: names of files that it had.
        left_out: sentences about statements of other accounts, which are not kept.
    """

    new: int
    again: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that was read, with its bytes.

    Attributes:
        file: what it says.
        content: its bytes.
    """

    file: BankFile
    content: bytes


def take(books: BankBooks, given: Sequence[GivenFile], ledger: Iterable[Settlement]) -> tuple[Taken, Kept]:
    """Keep files of the bank, and payment files that were made elsewhere.

    Statements of accounts that no payment is made from are not kept.

    Args:
        books: of the register.
        given: the files.
        ledger: all settlements.

    Returns:
        What was taken, and all that is kept now.

    Raises:
        UnusableFiles: a file cannot be used here, or all are of other accounts.
        ConflictingStatements: two statements have the same id and say different things.
    """
    exported = {record["file_sha256"] for record in ledger if "file_sha256" in record}
    payments = [each for each in given if each.file.kind == PAYMENTS]
    wrong = [
        f"{each.file.source}: the ledger has no settlement that was exported in this file: give the file "
        "that was sent to the bank"
        for each in payments
        if each.file.sha256 not in exported
    ]
    wrong += [f"{each.file.source} is {each.file.name}: {each.file.note}" for each in given if each.file.note]
    of_payments = [_payments(each) for each in payments]
    debtors = {order.debtor for order in read_kept(books, of_payments).orders}
    files, left_out, foreign = list(of_payments), [], []
    for each in given:
        if each.file.note or each.file.kind == PAYMENTS:
            continue
        own = [statement for statement in each.file.statements if statement.account in debtors]
        others = [statement for statement in each.file.statements if statement.account not in debtors]
        left_out += [
            f"{statement.where} is of an account that no payment was made from, and is not kept"
            for statement in others
        ]
        if others and not own:
            foreign.append(each.file.source)
        else:
            files.append(_answers(each.file, [statement_document(statement) for statement in own]))
    if foreign and not files:
        wrong += [
            f"{source} is of an account that no payment was made from: give the statement of the account "
            "that pays, or the payment file with --payments"
            for source in foreign
        ]
    if wrong:
        raise UnusableFiles("\n".join(wrong))
    known = {file.sha256 for file in books.files()}
    kept = read_kept(books, files)
    kept.outcome()  # refuses what contradicts what is kept, before anything of it is
    books.keep(files)
    again = tuple(file.document["name"] for file in files if file.sha256 in known)
    return Taken(len({file.sha256 for file in files} - known), again, tuple(left_out)), kept


def payee_checks(kept: Kept, ledger: Mapping[str, Settlement]) -> list[PayeeCheck]:
    """What the bank's reports say about payees' names, of the settlements on the ledger."""
    return [
        PayeeCheck(
            shop=ledger[answer.settlement]["shop"],
            settlement=answer.settlement,
            account_sha256=ledger[answer.settlement].get("account_sha256", ""),
            result=answer.verification,
            checked_at=int(answer.created_at.timestamp()) if answer.created_at else 0,
            said=answer.said,
        )
        for answer in sorted(kept.answers, key=lambda answer: answer.order)
        if answer.verification and answer.settlement in ledger
    ]


def _payments(given: GivenFile) -> KeptFile:
    document = {"name": _name(given.file), "content": bytes_document(given.content), "parts": []}
    return KeptFile(given.file.sha256, PAYMENTS, "exported", document)


def _answers(file: BankFile, statements: list[dict[str, object]]) -> KeptFile:
    document = {
        "name": _name(file),
        "version": file.version,
        "statements": statements,
        "answers": [answer_document(answer) for answer in file.answers],
    }
    return KeptFile(file.sha256, file.kind, "kept", document)


def _name(file: BankFile) -> str:
    return Path(file.source).name
