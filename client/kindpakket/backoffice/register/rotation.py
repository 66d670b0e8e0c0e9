"""Changes the register's keys: a new key in the key file, a new data key, and every field sealed anew.

Each step leaves a register that opens, and what is left to do follows from the database and the key file: so
a rotation that was interrupted goes on where it was.

1. A new key is put first in the key file, beside the old one.
2. A new data key, encrypted with it, seals from now on; in the same transaction the old ones are encrypted
   with the new key as well.
3. Rows are sealed anew, some hundreds in each transaction.
4. The old data keys are deleted. The database refuses that while a row needs one.
5. The old key is dropped from the key file.

References of persons and cases, and entitlement ids, follow from the register's secret, which stays: another
one would give each child a second entitlement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, delete, func, select

from kindpakket.backoffice.register.bank import reseal_checks, reseal_files
from kindpakket.backoffice.register.comparison import Progress
from kindpakket.backoffice.register.key_file import KeyFile
from kindpakket.backoffice.register.persons import CHUNK, SEALED_TABLES, SealedTable, reseal
from kindpakket.backoffice.register.store import Store, add_data_key, reseal_secret, rewrap
from kindpakket.backoffice.register.tables import BankFileRow, DataKeyRow, PayeeCheckRow
from kindpakket.backoffice.register.wrapping import WrappingKey

Sealed = SealedTable | type[BankFileRow] | type[PayeeCheckRow]
_FILES_AT_ONCE = 4
"""Files of the bank may be large, and what is sealed anew at once is in memory."""
_RESEALING: dict[Sealed, Callable[[Connection, Store], int]] = {
    **{table: partial(reseal, table=table, limit=CHUNK) for table in SEALED_TABLES},
    BankFileRow: partial(reseal_files, limit=_FILES_AT_ONCE),
    PayeeCheckRow: partial(reseal_checks, limit=CHUNK),
}
"""The tables with sealed fields, and what seals some rows of them anew."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did.

    Attributes:
        went_on: whether it finished one that had been interrupted.
        rows: how many rows it sealed anew.
        key: the id of the key that is now in the key file.
    """

    went_on: bool
    rows: int
    key: str


def rotate(store: Store, progress: Progress | None = None) -> Rotation:
    """Change the keys, or finish a change that was interrupted.

    Raises:
        RegisterError: another process is changing them.
    """
    with store.keys.alone():
        store.keys = KeyFile.load(store.keys.path)
        went_on = is_unfinished(store)
        key = store.keys.keys[0] if went_on else store.keys.add_new()
        _begin(store, key)
        rows = 0
        for table in _RESEALING:
            while count := _reseal_some(store, table):
                rows += count
                if progress:
                    progress(count)
        with store.writing() as connection:
            reseal_secret(connection, store)
            connection.execute(delete(DataKeyRow).where(DataKeyRow.number < store.vault.current))
        store.vacuum([table.__tablename__ for table in (*_RESEALING, DataKeyRow)])
        store.keys.keep_only(key)
        return Rotation(went_on, rows, key.id)


def is_unfinished(store: Store) -> bool:
    """Whether a rotation was interrupted."""
    with store.reading() as connection:
        data_keys = connection.execute(select(func.count()).select_from(DataKeyRow)).scalar_one()
    return data_keys > 1 or len(store.keys.keys) > 1


def rows_to_seal(store: Store) -> int:
    """How many rows are not sealed with the newest data key; all of them before a rotation begins."""
    with store.reading() as connection:
        newest = connection.execute(select(func.max(DataKeyRow.number))).scalar_one()
        old = newest if is_unfinished(store) else newest + 1
        return sum(_count(connection, table, old) for table in _RESEALING)


def _begin(store: Store, key: WrappingKey) -> None:
    """Let a data key that is encrypted with the new key seal from now on."""
    with store.writing() as connection:
        newest = select(DataKeyRow.number, DataKeyRow.wrapped_by).order_by(DataKeyRow.number.desc())
        number, wrapped_by = connection.execute(newest.limit(1)).one()
        if wrapped_by == key.id:
            return
        rewrap(connection, store, key)
        add_data_key(connection, store.id, key, number + 1)


def _reseal_some(store: Store, table: Sealed) -> int:
    with store.writing() as connection:
        return _RESEALING[table](connection, store)


def _count(connection: Connection, table: Sealed, below: int) -> int:
    found = select(func.count()).select_from(table).where(table.data_key < below)
    return connection.execute(found).scalar_one()
