"""How long the log of look-ups is kept. The database itself refuses to delete younger lines."""

from __future__ import annotations

from sqlalchemy import delete, insert, update

from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.log import now_ms
from kindpakket.backoffice.register.purpose import Purpose
from kindpakket.backoffice.register.store import Store, setting
from kindpakket.backoffice.register.tables import LookUpRow, SettingRow

DEFAULT_DAYS = 1826
"""Five years: so long somebody whose data was misused can claim damages (article 3:310 of the Dutch Civil
Code)."""
LEAST_DAYS = 180
"""Half a year: what the government's security baseline (BIO) asks of logs at least."""
MOST_DAYS = 36_500
_NAME = "log_days"
_DAY_MS = 86_400_000


def days(store: Store) -> int:
    """For how many days a line is kept."""
    with store.reading() as connection:
        value = setting(connection, _NAME)
    return DEFAULT_DAYS if value is None else int(value)


def keep(store: Store, kept_days: int, purpose: Purpose) -> None:
    """Set for how many days a line is kept. The log says who did.

    Raises:
        RegisterError: it is too short or too long.
    """
    if not LEAST_DAYS <= kept_days <= MOST_DAYS:
        raise RegisterError(
            f"the log of look-ups cannot be kept for {kept_days} days: give {LEAST_DAYS} to {MOST_DAYS}"
        )
    value = str(kept_days).encode()
    with store.writing() as connection:
        if setting(connection, _NAME) is None:
            connection.execute(insert(SettingRow).values(name=_NAME, value=value))
        else:
            connection.execute(update(SettingRow).where(SettingRow.name == _NAME).values(value=value))
        store.log.write(connection, "log.retention", purpose, persons=0)


def expire(store: Store, purpose: Purpose) -> int:
    """Delete the lines whose retention is over, and return how many these were; the log says so."""
    oldest = now_ms() - days(store) * _DAY_MS
    with store.writing() as connection:
        found = connection.execute(delete(LookUpRow).where(LookUpRow.ended_ms < oldest))
        if found.rowcount:
            store.log.write(connection, "log.expire", purpose, persons=0)
        return found.rowcount
