"""The register's database with its keys: what all parts of the register work on."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, select, text, update

from kindpakket.backoffice.register.engine import WRITES, Address
from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.key_file import KeyFile
from kindpakket.backoffice.register.log import Log
from kindpakket.backoffice.register.purpose import Purpose
from kindpakket.backoffice.register.tables import DataKeyRow, SettingRow
from kindpakket.backoffice.register.vault import KEY_BYTES, References, Vault
from kindpakket.backoffice.register.wrapping import WrappingKey

_SECRET = "setting.value"  # noqa: S105 - the name of a field


@dataclass(slots=True)
class Store:
    """An open register.

    Attributes:
        address: where it is.
        engine: connects to the database.
        keys: the file of the keys outside the database.
        id: the register's own id.
        secret: the key of the entitlement ids.
        vault: seals and opens fields.
        references: names persons and cases.
        purpose: why it is used, unless a call says otherwise.
        log: the log of look-ups.
    """

    address: Address
    engine: Engine
    keys: KeyFile
    id: str
    purpose: Purpose
    log: Log = field(default_factory=Log)
    secret: bytes = field(init=False)
    vault: Vault = field(init=False)
    references: References = field(init=False)

    def unlock(self) -> None:
        """Read the keys and the secret.

        Raises:
            RegisterError: the key file does not have the register's key.
        """
        with self.engine.begin() as connection:
            current = _newest(connection)
            sealed = setting(connection, "secret")
        if current is None or sealed is None:
            raise RegisterError(f"{self.address} lacks its keys: restore it from a backup")
        self.vault = Vault(self._data_key, current)
        self.secret = bytes.fromhex(self.vault.open(_SECRET, "secret", sealed))
        self.references = References(self.secret)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes, while no other one does, with the newest data key."""
        with self.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            if connection.dialect.name != "sqlite":
                connection.execute(text("LOCK TABLE setting IN EXCLUSIVE MODE"))
            newest = _newest(connection)
            if newest is None:
                raise RegisterError(f"{self.address} lacks its keys: restore it from a backup")
            self.vault.current = newest
            if not self.vault.knows(newest):
                self.vault.learn(newest, self.read_data_key(connection, newest))
            yield connection

    def _data_key(self, number: int) -> bytes:
        with self.engine.begin() as connection:
            return self.read_data_key(connection, number)

    def vacuum(self, tables: Iterable[str]) -> None:
        """Leave no copy on free pages of what was deleted or sealed anew in some tables."""
        connection = self.engine.connect()
        statements = ["VACUUM"]
        if self.address.path is None:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            statements = [f"VACUUM FULL {table}" for table in tables]
        with connection:
            cursor = connection.connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            cursor.close()

    def read_data_key(self, connection: Connection, number: int) -> bytes:
        """Decrypt a data key.

        Raises:
            RegisterError: it is not there, or the key file does not have the key that opens it.
        """
        columns = select(DataKeyRow.wrapped, DataKeyRow.wrapped_by).where(DataKeyRow.number == number)
        row = connection.execute(columns).one_or_none()
        if row is None:
            raise RegisterError(f"{self.address} lacks data key {number}: restore it from a backup")
        key = self.keys.find(row.wrapped_by)
        if key is None:  # another process may have changed the keys
            self.keys = KeyFile.load(self.keys.path)
            key = self.keys.find(row.wrapped_by)
        if key is None:
            raise RegisterError(
                f"{self.keys.path} does not have the key of {self.address} ({row.wrapped_by}): name the key "
                "file that was made with this register"
            )
        try:
            return key.unwrap(row.wrapped, _context(self.id, number))
        except ValueError as error:
            raise RegisterError(f"data key {number} of {self.address} does not open: {error}") from None


def furnish(connection: Connection, register: str, key_file: KeyFile, secret: bytes) -> None:
    """Give empty tables their first data key, the secret and what the register knows of itself."""
    data_key = add_data_key(connection, register, key_file.keys[0], 1)
    sealed = Vault(lambda _: data_key, 1).seal(_SECRET, "secret", secret.hex())
    rows = [
        {"name": "id", "value": register.encode()},
        {"name": "key_file", "value": str(key_file.path.absolute()).encode()},
        {"name": "secret", "value": sealed},
    ]
    connection.execute(insert(SettingRow), rows)


def add_data_key(connection: Connection, register: str, key: WrappingKey, number: int) -> bytes:
    """Add a data key, encrypted with a key of the key file; return it."""
    data_key = secrets.token_bytes(KEY_BYTES)
    connection.execute(
        insert(DataKeyRow).values(
            number=number,
            wrapped=key.wrap(data_key, _context(register, number)),
            wrapped_by=key.id,
            made_at=int(time.time()),
        )
    )
    return data_key


def rewrap(connection: Connection, store: Store, key: WrappingKey) -> None:
    """Encrypt all data keys with another key of the key file."""
    for number in connection.execute(select(DataKeyRow.number)).scalars().all():
        wrapped = key.wrap(store.read_data_key(connection, number), _context(store.id, number))
        values = {"wrapped": wrapped, "wrapped_by": key.id}
        connection.execute(update(DataKeyRow).where(DataKeyRow.number == number).values(values))


def reseal_secret(connection: Connection, store: Store) -> None:
    """Seal the secret with the newest data key."""
    sealed = store.vault.seal(_SECRET, "secret", store.secret.hex())
    connection.execute(update(SettingRow).where(SettingRow.name == "secret").values(value=sealed))


def setting(connection: Connection, name: str) -> bytes | None:
    """What the register knows of itself; None: nothing under that name."""
    value = connection.execute(select(SettingRow.value).where(SettingRow.name == name)).scalar()
    return None if value is None else bytes(value)


def remember_key_file(connection: Connection, path: Path) -> None:
    """Let the register know where its key file is now."""
    value = str(path.absolute()).encode()
    connection.execute(update(SettingRow).where(SettingRow.name == "key_file").values(value=value))


def _newest(connection: Connection) -> int | None:
    return connection.execute(select(func.max(DataKeyRow.number))).scalar()


def _context(register: str, number: int) -> bytes:
    return f"kindpakket register {register} data key {number}".encode()
