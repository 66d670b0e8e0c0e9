"""What a register has, and what is still to do: in numbers, without anybody's data."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import func, select

from kindpakket.backoffice.register.log_retention import days
from kindpakket.backoffice.register.rotation import is_unfinished, rows_to_seal
from kindpakket.backoffice.register.schema import version
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import (
    BankFileRow,
    BatchRow,
    EntryRow,
    LookUpRow,
    PayeeCheckRow,
    PersonRow,
)
from kindpakket.backoffice.register.takeover import kept_files


@dataclass(frozen=True, slots=True)
class Status:
    """A register in numbers.

    Attributes:
        register: the file, or the URL without its password.
        id: the register's own id.
        layout: the newest migration it has had.
        key_file: the file of the key that is not in the database.
        key: the id of that key.
        rotation: `done`, or `unfinished` if a change of the key was interrupted.
        rows_to_seal: how many rows a change of the key has left to do.
        persons: how many persons it has.
        vouchers: how many vouchers.
        erased: how many of these without whom they are for.
        batches: how many files were compared.
        look_ups: how many lines the log has.
        log_days: for how many days a line is kept.
        bank_files: how many files to and from the bank it keeps.
        payee_checks: of how many payments it has what the bank found about the payee's name.
        unencrypted: files of an old layout that still hold personal data; delete them.
    """

    register: str
    id: str
    layout: str
    key_file: str
    key: str
    rotation: str
    rows_to_seal: int
    persons: int
    vouchers: int
    erased: int
    batches: int
    look_ups: int
    log_days: int
    bank_files: int
    payee_checks: int
    unencrypted: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The status as a document."""
        return {**asdict(self), "unencrypted": list(self.unencrypted)}


def read_status(store: Store) -> Status:
    """Count what a register has."""
    unfinished = is_unfinished(store)
    with store.reading() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (PersonRow, EntryRow, BatchRow, LookUpRow, BankFileRow, PayeeCheckRow)
        ]
        erased = connection.execute(
            select(func.count()).select_from(EntryRow).where(EntryRow.person.is_(None))
        ).scalar_one()
        layout = version(connection) or ""
    path = store.address.path
    return Status(
        register=str(store.address),
        id=store.id,
        layout=layout,
        key_file=str(store.keys.path),
        key=store.keys.keys[0].id,
        rotation="unfinished" if unfinished else "done",
        rows_to_seal=rows_to_seal(store) if unfinished else 0,
        persons=counts[0],
        vouchers=counts[1],
        erased=erased,
        batches=counts[2],
        look_ups=counts[3],
        log_days=days(store),
        bank_files=counts[4],
        payee_checks=counts[5],
        unencrypted=tuple(map(str, kept_files(path))) if path else (),
    )
