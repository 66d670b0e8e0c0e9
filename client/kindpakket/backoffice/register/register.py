"""The municipality's register: which voucher belongs to which child. It never goes to the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from kindpakket.backoffice.citizens import Child
from kindpakket.backoffice.register import (
    account,
    enrolment,
    entries,
    erasing,
    log,
    log_retention,
    proposals,
    rotation,
    undoing,
)
from kindpakket.backoffice.register.account import Account
from kindpakket.backoffice.register.bank import BankBooks
from kindpakket.backoffice.register.batch_book import BatchBook
from kindpakket.backoffice.register.comparison import Progress
from kindpakket.backoffice.register.erasing import Certificate
from kindpakket.backoffice.register.households import Households
from kindpakket.backoffice.register.letter_book import LetterBook
from kindpakket.backoffice.register.log import LookUp
from kindpakket.backoffice.register.opening import open_store
from kindpakket.backoffice.register.proposals import OpenBulk
from kindpakket.backoffice.register.purpose import Purpose
from kindpakket.backoffice.register.rotation import Rotation
from kindpakket.backoffice.register.status import Status, read_status
from kindpakket.backoffice.register.values import Bulk, Entry, Proposal
from kindpakket.ledger.records import Issuance

_UNSAID = Purpose("unspecified", "unspecified")


class Register:
    """The register in an SQLite file or a PostgreSQL database. Use it in a `with` statement, or close it.

    BSNs, names, birth dates, households, case numbers and salts are encrypted, each field by itself, with a
    key that is in another file. Every look-up of a person is logged.

    Attributes:
        path: the SQLite file; None: it is in a PostgreSQL database.
        name: the path, or the URL without its password.
        notices: sentences for the operator about what opening did, such as taking over an old layout.
    """

    def __init__(
        self,
        where: Path | str,
        *,
        key: Path | None = None,
        keys: Path | None = None,
        purpose: Purpose = _UNSAID,
    ) -> None:
        """Open a register, or create one with a new secret and a new key.

        Args:
            where: an SQLite file, or a URL such as `postgresql://host/database`.
            key: its key file: 256 bits as `create` makes them, or an identity of age. Default: the one that
                the register remembers; for a new one, a new file in `keys`.
            keys: the folder for the key file of a new register. Default: the environment's
                `KINDPAKKET_REGISTER_KEYS`, else `~/.config/kindpakket/register-keys`.
            purpose: who uses it, and why; for the log.

        Raises:
            RegisterError: others than its owner can read the file or the key, the key is missing or another
                register's, or it is not a register of this version or an earlier one.
            MissingExtra: a package that it needs is not installed.
        """
        self._store, self.notices = open_store(where, key, keys, purpose)
        self.path = self._store.address.path
        self.name = str(self._store.address)

    def enrol(self, scheme: str, period: str, children: Sequence[Child]) -> list[Bulk]:
        """Give each child a voucher id, once per scheme and period; if one is refused, none.

        A child that is already enrolled keeps its ids, so if a run is interrupted, run it again.

        Args:
            scheme: id of the scheme.
            period: the period in which a child gets one voucher.
            children: the children.

        Returns:
            The bulks that contain these children; new bulks have at most 500 entries.

        Raises:
            RegisterError: a child is already enrolled with another preset or number of units, or is in the
                list twice.
        """
        entries.log_scheme(self._store, scheme, "register.enrol", len(children))
        known = enrolment.check(self._store, scheme, period, children)
        made = enrolment.enrol(self._store, scheme, period, children)
        wanted = {*known, *made}
        return [
            entries.read_bulk(self._store, bulk)
            for bulk in entries.bulk_ids(self._store, scheme)
            if bulk in wanted
        ]

    def bulks(self, scheme: str) -> Iterator[Bulk]:
        """All bulks of a scheme, oldest first. The log says that its persons' data was read."""
        entries.log_scheme(self._store, scheme, "scheme.read")
        for bulk in entries.bulk_ids(self._store, scheme):
            yield entries.read_bulk(self._store, bulk)

    def bulk(self, request_id: str) -> Bulk:
        """One bulk, by the id of the request that issues it."""
        entries.log_bulks(self._store, [request_id], "bulk.read")
        return entries.read_bulk(self._store, request_id)

    def entries(self, scheme: str) -> Iterator[Entry]:
        """All entries of a scheme."""
        for bulk in self.bulks(scheme):
            yield from bulk.entries

    def issuances(self, bulk: str) -> list[Issuance]:
        """The vouchers of a bulk as the ledger gets them; nothing personal is read."""
        return entries.read_issuances(self._store, bulk)

    def log_issuing(self, bulks: Sequence[str]) -> None:
        """Log that the cases of some bulks are read to be issued; `bulk_to_issue` does not."""
        entries.log_bulks(self._store, bulks, "batch.issue")

    def bulk_to_issue(self, request_id: str) -> Bulk:
        """One bulk, whose reading `log_issuing` has logged."""
        return entries.read_bulk(self._store, request_id)

    def open_bulks(self, scheme: str, bulks: Sequence[str] | None = None) -> list[OpenBulk]:
        """The bulks of a scheme that are not known to be issued, oldest first; or those among some."""
        return proposals.open_bulks(self._store, scheme, bulks)

    def undo(self, bulks: Sequence[str]) -> int:
        """Remove the entries of bulks that came to nothing; return of how many vouchers.

        What has been issued, or is in an allocation that is not known to be over, stays.
        """
        return undoing.undo(self._store, bulks)

    def mark_issued(self, bulks: Sequence[str], cents: Mapping[str, int] | None = None) -> None:
        """Let the register know which bulks are on the ledger, by their request ids.

        Args:
            bulks: the request ids.
            cents: what was issued with them, as far as it is known.
        """
        entries.mark_issued(self._store, bulks, cents or {})

    def issued_cents(self, bulks: Sequence[str]) -> dict[str, int | None]:
        """What was issued with those of some bulks that are issued, in cents; None: not known."""
        return entries.issued_cents(self._store, bulks)

    def keep_proposal(self, proposal: Proposal) -> None:
        """Keep an allocation before it is proposed, so that it is proposed once.

        Raises:
            RegisterError: another run has dealt with a bulk meanwhile.
        """
        proposals.keep(self._store, proposal)

    def note_over(self, proposal: str) -> None:
        """Let the register know that nothing more can come of an allocation, by its id."""
        proposals.note_over(self._store, proposal)

    def proposal(self, identifier: str) -> Proposal:
        """An allocation by its id.

        Raises:
            RegisterError: the register does not have it.
        """
        return proposals.read(self._store, identifier)

    def proposals_of(self, batch: str) -> list[Proposal]:
        """The allocations for the file of a batch, oldest first."""
        return proposals.of_batch(self._store, batch)

    def proposal_of(self, bulk: str) -> Proposal | None:
        """The newest allocation of a bulk; None if none has been proposed."""
        return proposals.newest_of(self._store, bulk)

    def find(self, voucher: str) -> Entry | None:
        """The entry of a voucher; None if there is none. The look-up is logged."""
        return entries.find(self._store, voucher)

    def personal_values(self) -> list[str]:
        """BSNs, full names, family names and case numbers: what an auditor searches blocks for.

        Values that are too short to search for are left out. The log says that all data was read.
        """
        return entries.personal_values(self._store)

    def account(self, bsn: str, purpose: Purpose | None = None, name: str = "person.show") -> Account:
        """All that the register keeps of the person with a BSN, and who looked. The look-up is logged.

        Args:
            bsn: citizen service number, nine digits.
            purpose: who asks, and why; default: the register's.
            name: what the log calls it.
        """
        return account.of_bsn(self._store, bsn, purpose or self._store.purpose, name)

    def account_of_voucher(
        self, voucher: str, purpose: Purpose | None = None, name: str = "person.show"
    ) -> Account | None:
        """The same of the person whom a voucher is for; None if there is none, or no longer."""
        return account.of_voucher(self._store, voucher, purpose or self._store.purpose, name)

    def accounts_of_case(
        self, case: str, purpose: Purpose | None = None, name: str = "person.show"
    ) -> list[Account]:
        """The same of the persons of a case, by its number."""
        return account.of_case(self._store, case, purpose or self._store.purpose, name)

    def look_ups(self) -> Iterator[LookUp]:
        """The whole log of look-ups, oldest first."""
        with self._store.reading() as connection:
            yield from log.everything(connection)

    def erase(
        self,
        vouchers: Sequence[str],
        purpose: Purpose | None = None,
        *,
        backups_until: date,
        ledger: Sequence[str] = (),
        peers: Sequence[str] = (),
    ) -> Certificate:
        """Erase whom vouchers are for; a person without other vouchers is no longer in the register.

        Vouchers that the register does not have, or whose data is gone already, are left out.

        Args:
            vouchers: ids of the vouchers.
            purpose: who does it, and why; default: the register's.
            backups_until: the day on which the last backup that still has the data expires.
            ledger: ids of the erasures on the ledger by which the private records went.
            peers: names of peers that have not shown yet that they carried these out.

        Raises:
            RegisterError: a voucher waits to be issued.
        """
        who = purpose or self._store.purpose
        return erasing.erase(
            self._store, vouchers, who, backups_until=backups_until, ledger=ledger, peers=peers
        )

    def check_erasable(self, vouchers: Sequence[str]) -> None:
        """Check that whom vouchers are for can be erased.

        Raises:
            RegisterError: a voucher waits to be issued.
        """
        erasing.check(self._store, vouchers)

    def present(self, vouchers: Sequence[str]) -> list[str]:
        """Those of some vouchers of which the register still knows whom they are for."""
        return entries.present(self._store, vouchers)

    def bulk_of(self, voucher: str) -> str | None:
        """The request id of the bulk that a voucher is in; None if the register does not have it."""
        return entries.bulk_of(self._store, voucher)

    @property
    def log_days(self) -> int:
        """For how many days a line of the log of look-ups is kept."""
        return log_retention.days(self._store)

    def keep_log(self, days: int) -> None:
        """Set for how many days a line of the log of look-ups is kept.

        Raises:
            RegisterError: it is shorter or longer than is allowed.
        """
        log_retention.keep(self._store, days, self._store.purpose)

    def expire_log(self) -> int:
        """Delete the lines of the log whose retention is over, and return how many these were."""
        return log_retention.expire(self._store, self._store.purpose)

    def certificates(self) -> list[dict[str, object]]:
        """The certificates of all erasures as documents, oldest first."""
        return erasing.certificates(self._store)

    def status(self) -> Status:
        """What the register has, and what is still to do."""
        return read_status(self._store)

    def rotate_key(self, progress: Progress | None = None) -> Rotation:
        """Change the key outside the database and seal every field anew, or finish that.

        Interrupted at any moment, it goes on the next time. Backups from before need the old key: keep a copy
        of the key file with them.

        Args:
            progress: called with a number of rows each time that many are done.

        Raises:
            RegisterError: another process is changing the keys.
        """
        return rotation.rotate(self._store, progress)

    @property
    def batches(self) -> BatchBook:
        """The files of children: what each would change, and what came of it."""
        return BatchBook(self._store)

    @property
    def bank(self) -> BankBooks:
        """What it keeps of payments: files to and from the bank, decisions on lines, checks of payees."""
        return BankBooks(self._store)

    @property
    def households(self) -> Households:
        """Where households get their letters."""
        return Households(self._store)

    @property
    def letters(self) -> LetterBook:
        """Which letters were printed for which vouchers."""
        return LetterBook(self._store)

    @property
    def secret(self) -> bytes:
        """The key of the entitlement ids."""
        return self._store.secret

    @property
    def key_file(self) -> Path:
        """The file of the key that is not in the database."""
        return self._store.keys.path

    def close(self) -> None:
        """Close the database."""
        self._store.engine.dispose()

    def __enter__(self) -> Self:
        """The register itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the database."""
        self.close()
