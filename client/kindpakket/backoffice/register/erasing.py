"""Erases persons from the register, with a certificate of what was erased and of what stays where.

The rows of issued vouchers stay without whom they are for: their entitlements keep a child from getting a
second voucher, and both ids are on the ledger anyway. Those of vouchers that were never issued go altogether.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection, Row, delete, exists, insert, select, update

from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.households import delete_unused
from kindpakket.backoffice.register.letter_tables import HouseholdRow
from kindpakket.backoffice.register.persons import CHUNK
from kindpakket.backoffice.register.printed_letters import check_settled, folders_with
from kindpakket.backoffice.register.proposals import live_allocation
from kindpakket.backoffice.register.purpose import Purpose
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import BulkRow, EntryRow, ErasureRow, PersonRow
from kindpakket.backoffice.register.takeover import kept_files
from kindpakket.ledger.ids import new_id

_FIELDS = (
    "bsn",
    "first_names",
    "family_name",
    "born",
    "household",
    "case_number",
    "salt",
    "address",
    "language",
)
_EMPTY = {
    "person": None,
    "data_key": None,
    "salt": None,
    "household": None,
    "household_reference": None,
    "case_number": None,
    "case_reference": None,
}


@dataclass(frozen=True, slots=True)
class Stay:
    """What an erasure does not reach.

    Attributes:
        what: what stays.
        where: where it is.
        until: a day, or what ends it.
    """

    what: str
    where: str
    until: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was erased from the register, and what stays. It names nobody.

    Attributes:
        id: its id.
        made_at: when, in Unix seconds.
        purpose: who and why.
        vouchers: the vouchers whose personal data was erased.
        persons: how many persons are no longer in the register.
        ledger: ids of the erasures on the ledger by which the private records went.
        stays: what stays where, and until when.
    """

    id: str
    made_at: int
    purpose: Purpose
    vouchers: tuple[str, ...]
    persons: int
    ledger: tuple[str, ...]
    stays: tuple[Stay, ...]

    def as_json(self) -> dict[str, object]:
        """The certificate as a document."""
        return {
            "certificate": self.id,
            "made_at": datetime.fromtimestamp(self.made_at, UTC).isoformat(),
            "official": self.purpose.official,
            "account": self.purpose.account,
            "reason": self.purpose.reason,
            "vouchers": list(self.vouchers),
            "persons": self.persons,
            "erased": list(_FIELDS),
            "erasures_on_ledger": list(self.ledger),
            "stays": [{"what": stay.what, "where": stay.where, "until": stay.until} for stay in self.stays],
        }


def erase(
    store: Store,
    vouchers: Sequence[str],
    purpose: Purpose,
    *,
    backups_until: date,
    ledger: Sequence[str] = (),
    peers: Sequence[str] = (),
) -> Certificate:
    """Erase whom vouchers are for, and keep a certificate of it.

    Vouchers that the register does not have, or whose data is gone already, are left out.

    Args:
        store: the register.
        vouchers: ids of the vouchers.
        purpose: who and why.
        backups_until: the day on which the last backup that still has the data expires.
        ledger: ids of the erasures on the ledger by which the private records went.
        peers: names of peers that have not shown yet that they carried these out.

    Raises:
        RegisterError: a voucher waits to be issued: its case is still needed; or its letter is being printed.
    """
    with store.writing() as connection:
        erased: list[str] = []
        touched: set[str] = set()
        for start in range(0, len(vouchers), CHUNK):
            for row in _checked(connection, vouchers[start : start + CHUNK]):
                erased.append(row.voucher)
                touched.add(str(row.person))
                if row.issued_at is None:
                    _remove(connection, row.voucher, row.bulk)
                else:
                    of_it = update(EntryRow).where(EntryRow.voucher == row.voucher)
                    connection.execute(of_it.values(_EMPTY))
        persons = 0
        for person in sorted(touched):
            left = exists().where(EntryRow.person == PersonRow.reference)
            gone = connection.execute(delete(PersonRow).where(PersonRow.reference == person, ~left))
            persons += gone.rowcount
            store.log.write(connection, "person.erase", purpose, person=person)
        delete_unused(connection)
        now = int(time.time())
        stays = _stays(store, backups_until, folders_with(connection, erased), peers)
        made = Certificate(new_id(), now, purpose, tuple(erased), persons, tuple(ledger), stays)
        text = json.dumps(made.as_json(), ensure_ascii=False)
        connection.execute(insert(ErasureRow).values(id=made.id, made_at=now, certificate=text))
    store.vacuum(table.__tablename__ for table in (PersonRow, EntryRow, HouseholdRow))
    return made


def check(store: Store, vouchers: Sequence[str]) -> None:
    """Check that whom vouchers are for can be erased.

    Raises:
        RegisterError: a voucher waits to be issued, or its letter is being printed.
    """
    with store.reading() as connection:
        for start in range(0, len(vouchers), CHUNK):
            _checked(connection, vouchers[start : start + CHUNK])


def certificates(store: Store) -> list[dict[str, object]]:
    """All certificates as documents, oldest first."""
    with store.reading() as connection:
        found = select(ErasureRow.certificate).order_by(ErasureRow.number)
        return [json.loads(text) for text in connection.execute(found).scalars()]


def _checked(
    connection: Connection, vouchers: Sequence[str]
) -> Sequence[Row[str, str | None, str, int | None]]:
    """Those of the vouchers that are still somebody's, with the person and the bulk."""
    found = (
        select(EntryRow.voucher, EntryRow.person, EntryRow.bulk, BulkRow.issued_at)
        .join(BulkRow, EntryRow.bulk == BulkRow.id)
        .where(EntryRow.voucher.in_(vouchers), EntryRow.person.is_not(None))
    )
    rows = connection.execute(found).all()
    check_settled(connection, [row.voucher for row in rows])
    for row in rows:
        if row.issued_at is None and (allocation := live_allocation(connection, row.bulk)):
            raise RegisterError(
                f"voucher {row.voucher} waits to be issued with allocation {allocation}: issue it, or reject "
                "or withdraw the allocation, then erase"
            )
    return rows


def _remove(connection: Connection, voucher: str, bulk: str) -> None:
    """Remove a voucher that was never issued, and its bulk if it was the last of it."""
    connection.execute(delete(EntryRow).where(EntryRow.voucher == voucher))
    left = exists().where(EntryRow.bulk == BulkRow.id)
    connection.execute(delete(BulkRow).where(BulkRow.id == bulk, ~left))


def _stays(
    store: Store, backups_until: date, folders: Sequence[str], peers: Sequence[str]
) -> tuple[Stay, ...]:
    stays = [
        Stay(
            "salted hashes of the private records, whose salts are erased",
            "blocks of the ledger",
            "permanently",
        ),
        Stay(
            "vouchers, entitlements and payments under random ids, without a link to the person",
            "ledger and register",
            "permanently",
        ),
        Stay(
            "the register and the private records as they were",
            "backups from before this erasure",
            backups_until.isoformat(),
        ),
        Stay(
            "who looked at the person's data, under a reference that only the register's secret and the BSN "
            "give",
            "log of look-ups in the register",
            "their retention, see kindpakket register keep-log",
        ),
        Stay(
            "that letters were printed for the vouchers, under random references",
            "register, and manifests of the print files",
            "permanently",
        ),
        Stay(
            "files of children and of addresses, reports of intake check --report, exports of persons",
            "where they were saved",
            "somebody deletes them",
        ),
        Stay("the letters on paper", "with the household", "the household disposes of them"),
    ]
    stays += [
        Stay("letters with the child's first name and the address", folder, "kindpakket letters destroy")
        for folder in folders
    ]
    stays += [
        Stay("the private records", f"peer {peer}, which did not show the purge", "it has caught up")
        for peer in peers
    ]
    if store.address.path is not None:
        stays += [
            Stay("the register before its fields were encrypted", str(file), "somebody deletes that file")
            for file in kept_files(store.address.path)
        ]
    return tuple(stays)
