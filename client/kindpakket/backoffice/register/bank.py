"""What the register keeps of payments: files to and from the bank, decisions on lines, checks of payees.

A second clerk on another machine goes on from here, so it has all that matching needs. Contents are sealed:
they have accounts and account holders' names, and a shop may be a person.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import BankFileRow, LineDecisionRow, PayeeCheckRow

FileState = Literal["made", "exported", "cancelled", "kept"]
"""Of a payment file: export has begun, the ledger has all of it, it is not to be sent. Others are kept."""
_CONTENT, _SAID = "bank_file.content", "payee_check.said"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that went to the bank or came from it.

    Attributes:
        sha256: hash of its bytes, in hexadecimal.
        kind: such as `camt.053`.
        state: one of `FileState`.
        document: what is kept of it, as JSON has it.
        kept_at: when, in Unix seconds.
        kept_by: the person id of who gave it; "" when nobody acted with a certificate.
    """

    sha256: str
    kind: str
    state: FileState
    document: Mapping[str, Any] = field(repr=False)
    kept_at: int = 0
    kept_by: str = ""


@dataclass(frozen=True, slots=True)
class PayeeCheck:
    """What the bank found when it compared an account's holder with the name in a payment to a shop.

    Attributes:
        shop: the shop.
        settlement: the payment's settlement.
        account_sha256: hash of the private record of the account, as the settlement has it.
        result: `match`, `close-match`, `no-match` or `not-possible`.
        checked_at: when the bank reported it, in Unix seconds.
        said: what the bank adds in words, such as the name that it knows; personal data.
    """

    shop: str
    settlement: str
    account_sha256: str
    result: str
    checked_at: int
    said: str = field(default="", repr=False)


class BankBooks:
    """The part of a register that payments need."""

    def __init__(self, store: Store) -> None:
        """Work on an open register."""
        self._store = store

    def keep(self, files: Sequence[KeptFile]) -> int:
        """Keep files, all or none; those that are known stay as they are. Returns how many are new."""
        with self._store.writing() as connection:
            wanted = {file.sha256: file for file in files}
            known = select(BankFileRow.sha256).where(BankFileRow.sha256.in_(wanted))
            for sha256 in connection.execute(known).scalars():
                del wanted[sha256]
            for file in wanted.values():
                connection.execute(insert(BankFileRow).values(self._row(file)))
            return len(wanted)

    def files(self, *kinds: str) -> list[KeptFile]:
        """The files of some kinds in the order in which they were kept; of all, if none is named."""
        found = select(BankFileRow).order_by(BankFileRow.number)
        if kinds:
            found = found.where(BankFileRow.kind.in_(kinds))
        with self._store.reading() as connection:
            rows = connection.execute(found).all()
        return [
            KeptFile(
                sha256=row.sha256,
                kind=row.kind,
                state=row.state,
                document=json.loads(self._store.vault.open(_CONTENT, row.sha256, row.content)),
                kept_at=row.kept_at,
                kept_by=row.kept_by,
            )
            for row in rows
        ]

    def set_state(self, sha256: str, state: FileState) -> None:
        """Note how far a payment file is."""
        with self._store.writing() as connection:
            connection.execute(update(BankFileRow).where(BankFileRow.sha256 == sha256).values(state=state))

    def decide(self, line: str, settlements: Sequence[str]) -> None:
        """Keep what somebody decided on a line, in place of what was decided before.

        Args:
            line: id of the line.
            settlements: what it pays or returns; none: it is of no payment here.
        """
        decision = {
            "line": line,
            "settlements": json.dumps(sorted(settlements)),
            "decided_at": int(time.time()),
            "decided_by": self._store.purpose.official,
        }
        with self._store.writing() as connection:
            connection.execute(delete(LineDecisionRow).where(LineDecisionRow.line == line))
            connection.execute(insert(LineDecisionRow).values(decision))

    def undecide(self, line: str) -> bool:
        """Forget what was decided on a line; whether there was something."""
        with self._store.writing() as connection:
            return bool(
                connection.execute(delete(LineDecisionRow).where(LineDecisionRow.line == line)).rowcount
            )

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """What was decided: id of the line -> the settlements that it pays or returns."""
        with self._store.reading() as connection:
            rows = connection.execute(select(LineDecisionRow.line, LineDecisionRow.settlements)).all()
        return {row.line: tuple(json.loads(row.settlements)) for row in rows}

    def keep_checks(self, checks: Iterable[PayeeCheck]) -> None:
        """Keep what the bank found about payees; of a settlement, what it reported last."""
        newest = {check.settlement: check for check in sorted(checks, key=lambda check: check.checked_at)}
        columns = select(PayeeCheckRow.settlement, PayeeCheckRow.checked_at)
        with self._store.writing() as connection:
            known = {row.settlement: row.checked_at for row in connection.execute(columns)}
            for check in newest.values():
                if known.get(check.settlement, -1) >= check.checked_at:
                    continue
                same = PayeeCheckRow.settlement == check.settlement
                connection.execute(delete(PayeeCheckRow).where(same))
                connection.execute(
                    insert(PayeeCheckRow).values(
                        settlement=check.settlement,
                        shop=check.shop,
                        account_sha256=check.account_sha256,
                        result=check.result,
                        checked_at=check.checked_at,
                        data_key=self._store.vault.current,
                        said=self._store.vault.seal(_SAID, check.settlement, check.said),
                    )
                )

    def checks(self) -> dict[str, PayeeCheck]:
        """The last check of each shop's account holder, without the bank's words."""
        columns = select(PayeeCheckRow).order_by(PayeeCheckRow.checked_at, PayeeCheckRow.settlement)
        with self._store.reading() as connection:
            return {row.shop: _check(row) for row in connection.execute(columns).all()}

    def check_of(self, shop: str) -> PayeeCheck | None:
        """The last check of a shop's account holder, with the bank's words; the look-up is logged."""
        columns = (
            select(PayeeCheckRow)
            .where(PayeeCheckRow.shop == shop)
            .order_by(PayeeCheckRow.checked_at.desc(), PayeeCheckRow.settlement.desc())
        )
        with self._store.writing() as connection:
            row = connection.execute(columns.limit(1)).one_or_none()
            self._store.log.write(connection, "shop.payee", self._store.purpose, persons=0)
        if row is None:
            return None
        return _check(row, self._store.vault.open(_SAID, row.settlement, row.said))

    def _row(self, file: KeptFile) -> dict[str, object]:
        text = json.dumps(file.document, separators=(",", ":"))
        return {
            "sha256": file.sha256,
            "kind": file.kind,
            "state": file.state,
            "kept_at": file.kept_at or int(time.time()),
            "kept_by": file.kept_by or self._store.purpose.official,
            "data_key": self._store.vault.current,
            "content": self._store.vault.seal(_CONTENT, file.sha256, text),
        }


def reseal_files(connection: Connection, store: Store, limit: int) -> int:
    """Seal some files with the newest data key; return how many."""
    current = store.vault.current
    old = select(BankFileRow.sha256, BankFileRow.content).where(BankFileRow.data_key < current).limit(limit)
    rows = connection.execute(old).all()
    for row in rows:
        sealed = store.vault.seal(_CONTENT, row.sha256, store.vault.open(_CONTENT, row.sha256, row.content))
        values = {"data_key": current, "content": sealed}
        connection.execute(update(BankFileRow).where(BankFileRow.sha256 == row.sha256).values(values))
    return len(rows)


def reseal_checks(connection: Connection, store: Store, limit: int) -> int:
    """Seal some checks of payees with the newest data key; return how many."""
    current = store.vault.current
    columns = select(PayeeCheckRow.settlement, PayeeCheckRow.said)
    rows = connection.execute(columns.where(PayeeCheckRow.data_key < current).limit(limit)).all()
    for row in rows:
        sealed = store.vault.seal(_SAID, row.settlement, store.vault.open(_SAID, row.settlement, row.said))
        values = {"data_key": current, "said": sealed}
        same = PayeeCheckRow.settlement == row.settlement
        connection.execute(update(PayeeCheckRow).where(same).values(values))
    return len(rows)


def _check(row: Any, said: str = "") -> PayeeCheck:
    return PayeeCheck(row.shop, row.settlement, row.account_sha256, row.result, row.checked_at, said)
