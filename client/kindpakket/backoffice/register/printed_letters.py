"""Which letters have a voucher: for the person who asks, and before somebody is erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.letter_run import MADE, PLANNED
from kindpakket.backoffice.register.letter_tables import LetterRow, LetterRunRow, LetterVoucherRow
from kindpakket.backoffice.register.persons import CHUNK


def letters_with(connection: Connection, condition: Any) -> list[dict[str, object]]:
    """The letters that a condition on letters or their vouchers selects: a document for each voucher."""
    found = (
        select(
            LetterRow.reference,
            LetterRow.file,
            LetterRow.sha256,
            LetterRow.pages,
            LetterVoucherRow.voucher,
            LetterVoucherRow.version,
            LetterVoucherRow.state,
            LetterRunRow.id.label("run"),
            LetterRunRow.scheme,
            LetterRunRow.folder,
            LetterRunRow.made_at,
            LetterRunRow.destroyed_at,
        )
        .join(LetterVoucherRow, LetterVoucherRow.letter == LetterRow.reference)
        .join(LetterRunRow, LetterRunRow.id == LetterRow.run)
        .where(condition)
        .order_by(LetterRunRow.number, LetterRow.number, LetterVoucherRow.voucher)
    )
    return [dict(row._mapping) for row in connection.execute(found)]  # noqa: SLF001 - SQLAlchemy's public name


def folders_with(connection: Connection, vouchers: Sequence[str]) -> list[str]:
    """The folders whose print files have letters with some vouchers and are not known to be destroyed."""
    found: set[str] = set()
    for start in range(0, len(vouchers), CHUNK):
        some = LetterVoucherRow.voucher.in_(vouchers[start : start + CHUNK])
        folders = (
            select(LetterRunRow.folder)
            .join(LetterRow, LetterRow.run == LetterRunRow.id)
            .join(LetterVoucherRow, LetterVoucherRow.letter == LetterRow.reference)
            .where(some, LetterRunRow.destroyed_at.is_(None))
        )
        found.update(connection.execute(folders).scalars())
    return sorted(found)


def check_settled(connection: Connection, vouchers: Sequence[str]) -> None:
    """Check that no run that has yet to go on has letters with some vouchers.

    Raises:
        RegisterError: one has.
    """
    found = (
        select(LetterVoucherRow.voucher, LetterRunRow.id)
        .join(LetterRow, LetterRow.reference == LetterVoucherRow.letter)
        .join(LetterRunRow, LetterRunRow.id == LetterRow.run)
        .where(LetterVoucherRow.voucher.in_(vouchers), LetterRunRow.state.in_((PLANNED, MADE)))
    )
    row = connection.execute(found.limit(1)).one_or_none()
    if row is not None:
        raise RegisterError(
            f"voucher {row.voucher} is in the unfinished run of letters {row.id}: finish or discard it first"
        )
