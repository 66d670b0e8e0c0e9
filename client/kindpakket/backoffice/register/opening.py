"""Opens a register: makes it, takes it over from an old layout or brings it up to date, and unlocks it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from fabric_gateway._storage.locks import LockFile
from kindpakket.backoffice.register.engine import WRITES, Address
from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.key_file import KeyFile
from kindpakket.backoffice.register.purpose import Purpose
from kindpakket.backoffice.register.schema import HEAD, migrate, version
from kindpakket.backoffice.register.store import Store, furnish, remember_key_file, setting
from kindpakket.backoffice.register.takeover import old_id, old_layout, take_over
from kindpakket.ledger.ids import new_id

KEYS_FOLDER = "KINDPAKKET_REGISTER_KEYS"
"""The environment's folder for the key files of new registers."""
_SECRET_BYTES = 32


def default_keys() -> Path:
    """The folder for the key files of new registers, if none is named.

    The environment's `KINDPAKKET_REGISTER_KEYS`, else `kindpakket/register-keys` below the user's
    configuration.
    """
    if named := os.environ.get(KEYS_FOLDER):
        return Path(named)
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "kindpakket" / "register-keys"


def open_store(
    where: Path | str, key: Path | None, keys: Path | None, purpose: Purpose
) -> tuple[Store, list[str]]:
    """Open a register, or make one.

    Args:
        where: an SQLite file, or the URL of a PostgreSQL database.
        key: the key file; None: the one that the register remembers, or a new one in `keys`.
        keys: the folder for the key file of a new register; None: `default_keys()`.
        purpose: why it is used.

    Returns:
        The open register, and sentences about what was done to it.

    Raises:
        RegisterError: it cannot be used.
    """
    address = Address.parse(where)
    address.make_file()
    notices = [] if address.path is None else _take_over(address.path, key, keys)
    store = _open(address, key, keys, purpose)
    return store, notices


def _take_over(path: Path, key: Path | None, keys: Path | None) -> list[str]:
    """Bring a file of an old layout up to date, while no other process does."""
    if old_layout(path) == 0:
        return []
    with _alone(path):
        if old_layout(path) == 0:  # another process was faster
            return []
        key_file = _new_key_file(key, keys, old_id(path))
        return [str(take_over(path, key_file))]


def _open(address: Address, key: Path | None, keys: Path | None, purpose: Purpose) -> Store:
    engine = address.engine()
    try:
        with engine.begin() as connection:
            found = version(connection)
            current = _own_id(setting(connection, "id")) if found else ""
        if found is None:
            current = new_id()
            key_file = _new_key_file(key, keys, current)
        if found != HEAD:
            with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
                is_new = version(connection) is None
                migrate(connection, str(address))
                if is_new:
                    furnish(connection, current, key_file, secrets.token_bytes(_SECRET_BYTES))
                else:
                    current = _own_id(setting(connection, "id"))
        with engine.begin() as connection:
            remembered = Path((setting(connection, "key_file") or b"").decode())
        store = Store(address, engine, KeyFile.load(key or remembered), current, purpose)
        store.unlock()
        if key is not None and key.absolute() != remembered:
            with store.writing() as connection:
                remember_key_file(connection, key)
    except DatabaseError as error:
        engine.dispose()
        raise RegisterError(f"{address} is not a register: {error.orig}") from None
    except BaseException:
        engine.dispose()
        raise
    return store


def _new_key_file(key: Path | None, keys: Path | None, register: str) -> KeyFile:
    made = KeyFile.create(key or (keys or default_keys()) / f"{register}.key")
    if len(made.keys) != 1:
        raise RegisterError(f"{made.path} has {len(made.keys)} keys: give the register a file of its own")
    return made


def _own_id(value: bytes | None) -> str:
    if value is None:
        raise RegisterError("the database has tables of a register, but not its id: restore a backup")
    return value.decode()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    lock = LockFile(path.with_name(f".{path.name}.lock"))
    try:
        with lock.alone():
            yield
    finally:
        lock.close()
