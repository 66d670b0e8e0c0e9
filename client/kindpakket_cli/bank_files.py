"""The bank's files as commands are given them: all are read, or one error says what is wrong with which."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kindpakket_cli.contract import Wrong

if TYPE_CHECKING:
    from kindpakket.backoffice.bank.files import BankFile
    from kindpakket.backoffice.bank.orders import Expected
    from kindpakket.backoffice.bank.outcomes import Outcome


def read_all(paths: Sequence[Path]) -> list[BankFile]:
    """All files.

    Raises:
        Wrong: some cannot be used; it names them all.
    """
    from kindpakket.backoffice.bank.errors import BankFileError
    from kindpakket.backoffice.bank.files import read_file

    files: list[BankFile] = []
    wrong: list[str] = []
    for path in paths:
        try:
            files.append(read_file(path))
        except BankFileError as error:
            wrong.append(str(error))
        except OSError as error:
            wrong.append(f"{path}: {error.strerror or error}")
    if wrong:
        raise Wrong("\n".join(wrong), "FILE")
    return files


def matched(payments: Sequence[Path], answers: Sequence[Path]) -> tuple[list[Expected], Outcome]:
    """The payments of payment files, and what the bank's statements and status reports say of them.

    Raises:
        Wrong: some files cannot be used, were given in the other place, or are of another account.
    """
    from kindpakket.backoffice.bank.files import of_other_accounts
    from kindpakket.backoffice.bank.matching import match

    ordered, answered = read_all(payments), read_all(answers)
    wrong = [
        f"{file.source} is {file.name}, not a payment file" for file in ordered if file.kind != "pain.001"
    ]
    wrong += [f"{file.source} is {file.name}: {file.note}" for file in answered if file.note]
    wrong += [
        f"{file.source} is {file.name}: give it with --payments"
        for file in answered
        if file.kind == "pain.001"
    ]
    orders = [order for file in ordered for order in file.orders]
    statements = [statement for file in answered for statement in file.statements]
    wrong += of_other_accounts(orders, statements)
    if wrong:
        raise Wrong("\n".join(wrong), "FILE")
    return orders, match(orders, statements, [answer for file in answered for answer in file.answers])
