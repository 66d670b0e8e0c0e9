"""Files of the bank of any kind, read and brought together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kindpakket.backoffice.bank.camt053 import read_statements
from kindpakket.backoffice.bank.documents import (
    INTRADAY,
    KINDS,
    MAX_BYTES,
    NOTIFICATION,
    PAYMENTS,
    STATEMENT,
    STATUS,
    recognise,
)
from kindpakket.backoffice.bank.orders import Expected, orders_of
from kindpakket.backoffice.bank.reports import Answer, read_answers
from kindpakket.backoffice.bank.statements import Statement


@dataclass(frozen=True, slots=True)
class BankFile:
    """A file that was recognised and read.

    Attributes:
        source: its name.
        kind: such as `camt.053`.
        version: the version of its schema, such as `08`.
        statements: of a camt.053.
        answers: of a pain.002.
        orders: of a pain.001.
        note: why nothing is taken from it; "" if something is.
        sha256: of its bytes, in hexadecimal.
    """

    source: str
    kind: str
    version: str
    statements: Sequence[Statement] = field(default=())
    answers: Sequence[Answer] = field(default=())
    orders: Sequence[Expected] = field(default=())
    note: str = ""
    sha256: str = ""

    @property
    def name(self) -> str:
        """What it is, for people."""
        return f"{KINDS[self.kind]} ({self.kind}.001.{self.version})"


def read_file(path: Path) -> BankFile:
    """Read a file of the bank, or a payment file.

    Raises:
        BankFileError: it cannot be used.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return read_bytes(file.read(MAX_BYTES + 1), str(path))


def read_bytes(content: bytes, source: str = "the file") -> BankFile:
    """Read the content of such a file; `source` is its name in errors. Otherwise as `read_file`."""
    document = recognise(content, source)
    kind, version = document.kind, document.version
    sha256 = hashlib.sha256(content).hexdigest()
    if kind == STATEMENT:
        return BankFile(source, kind, version, statements=read_statements(document), sha256=sha256)
    if kind == STATUS:
        return BankFile(source, kind, version, answers=read_answers(document), sha256=sha256)
    if kind == PAYMENTS:
        return BankFile(source, kind, version, orders=orders_of(document, sha256), sha256=sha256)
    what = {INTRADAY: "is not final", NOTIFICATION: "repeats what the statement says"}[kind]
    note = f"it {what}: use the statement (camt.053) of that day"
    return BankFile(source, kind, version, note=note, sha256=sha256)


def of_other_accounts(orders: Iterable[Expected], statements: Iterable[Statement]) -> list[str]:
    """Sentences about statements of accounts that no payment file pays from."""
    debtors = {order.debtor for order in orders}
    return [
        f"{statement.where} is of an account that no payment file here pays from: leave it out"
        for statement in statements
        if statement.account not in debtors
    ]
