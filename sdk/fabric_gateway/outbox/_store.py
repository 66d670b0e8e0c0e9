"""The file of an outbox: requests and their states in SQLite, each change durable when its method returns.

Every change names the state that it starts from, and happens only if that is still the stored one. So two
processes that work on one request cannot both decide, with or without working locks.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from google.protobuf.message import DecodeError as ProtobufDecodeError
from grpc import StatusCode

from fabric_gateway._commit_status import CommitStatus
from fabric_gateway._wire import messages as m
from fabric_gateway.errors import (
    EndorseError,
    ErrorDetail,
    GatewayError,
    OutboxConflict,
    OutboxError,
    SubmitError,
)
from fabric_gateway.outbox._entry import NewRequest, OutboxEntry
from fabric_gateway.outbox._file import OutboxFile

_UNFINISHED = "state IN ('requested', 'endorsed')"
_REFUSALS: dict[str, type[GatewayError]] = {"endorse": EndorseError, "submit": SubmitError}


class OutboxStore:
    """Requests and their states. May be used by many threads and processes at once."""

    def __init__(self, path: Path) -> None:
        self._file = OutboxFile(path)
        self.locks = self._file.locks

    def record(self, request: NewRequest) -> OutboxEntry:
        """Keep a new request; or the entry that it has already.

        Raises:
            OutboxConflict: the request id already stands for something else.
        """
        now = time.time()
        with self._file.writing() as db:
            db.execute(
                "INSERT INTO requests (request_id, mspid, subject, channel, chaincode, invocation,"
                " organizations, needs_transient, conflict_attempts, state, created, updated)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'requested', ?, ?) ON CONFLICT (request_id) DO NOTHING",
                (
                    request.request_id,
                    request.mspid,
                    request.subject,
                    request.channel,
                    request.chaincode,
                    _invocation(request.arguments),
                    json.dumps(request.endorsing_organizations),
                    request.needs_transient,
                    request.conflict_attempts,
                    now,
                    now,
                ),
            )
            row = db.execute("SELECT * FROM requests WHERE request_id = ?", (request.request_id,)).fetchone()
            entry = self._entry(row)
        if (entry.channel, entry.chaincode, (entry.name.encode(), *entry.arguments)) != (
            request.channel,
            request.chaincode,
            request.arguments,
        ):
            raise OutboxConflict(
                f"request {request.request_id!r} is already in outbox {self._file.path} with other content "
                f"({entry.chaincode} {entry.name} on {entry.channel}): use a new request id"
            )
        return entry

    def get(self, request_id: str) -> OutboxEntry | None:
        """The entry of a request."""
        found = self._select("request_id = ?", request_id)
        return found[0] if found else None

    def pending(self) -> list[OutboxEntry]:
        """Entries whose outcome is not known, oldest first."""
        return self._select(_UNFINISHED)

    def unfinished(self, channel: str | None) -> list[tuple[int, str]]:
        """Number and request id of the entries whose outcome is not known, oldest first."""
        with self._file.reading() as db:
            rows = db.execute(
                f"SELECT number, request_id FROM requests WHERE {_UNFINISHED}"  # noqa: S608
                " AND (? IS NULL OR channel = ?) ORDER BY number",
                (channel, channel),
            ).fetchall()
        return [(row["number"], row["request_id"]) for row in rows]

    def endorsed(self, entry: OutboxEntry, transaction_id: str, envelope: bytes) -> bool:
        """Keep the envelope that is about to be offered; False: the entry has changed in the meantime."""
        return self._change(
            entry,
            "state = 'endorsed', transaction_id = ?, envelope = ?, offers = 1",
            (transaction_id, envelope),
        )

    def offering_again(self, entry: OutboxEntry) -> bool:
        """Note that the envelope is offered once more; False: the entry has changed in the meantime."""
        return self._change(entry, "offers = offers + 1", ())

    def settled(self, entry: OutboxEntry, status: CommitStatus, result: bytes | None) -> bool:
        """Keep the commit status, which is final; False: the entry has changed in the meantime."""
        return self._change(
            entry,
            "state = ?, code = ?, block_number = ?, result = ?, envelope = NULL",
            ("valid" if status.successful else "invalid", status.code, status.block_number, result),
        )

    def conflicted(self, entry: OutboxEntry, status: CommitStatus) -> bool:
        """Start anew after an invalid transaction, of which a note stays; False: the entry has changed."""
        conflicts = [(status.transaction_id, status.code, status.block_number) for status in entry.conflicts]
        return self._change(
            entry,
            "state = 'requested', attempt = attempt + 1, offers = 0, transaction_id = '', envelope = NULL,"
            " conflicts = ?",
            (json.dumps([*conflicts, (status.transaction_id, status.code, status.block_number)]),),
        )

    def refused(self, entry: OutboxEntry, error: EndorseError | SubmitError) -> bool:
        """Keep a certain refusal, which is final; False: the entry has changed, or was offered once more."""
        refusal = {
            "step": error.step,
            "status": error.status.name,
            "reason": error.reason,
            "details": [(detail.address, detail.mspid, detail.message) for detail in error.details],
            "transaction_id": error.transaction_id,
        }
        return self._change(
            entry,
            "state = 'refused', transaction_id = ?, refusal = ?, envelope = NULL",
            (error.transaction_id, json.dumps(refusal)),
            also="offers <= 1",
        )

    def abandoned(self, request_id: str) -> bool:
        """Remove an unfinished entry; False: there is none."""
        with self._file.writing() as db:
            cursor = db.execute(
                f"DELETE FROM requests WHERE request_id = ? AND {_UNFINISHED}",  # noqa: S608
                (request_id,),
            )
        return cursor.rowcount == 1

    def forget(self, before: datetime) -> int:
        """Remove finished entries that have not changed since an instant; how many."""
        with self._file.writing() as db:
            removed = db.execute(
                f"DELETE FROM requests WHERE NOT ({_UNFINISHED}) AND updated < ?",  # noqa: S608
                (before.timestamp(),),
            ).rowcount
        with self._file.reading("emptied") as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return removed

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _change(self, entry: OutboxEntry, changes: str, values: Sequence[object], also: str = "TRUE") -> bool:
        with self._file.writing() as db:
            cursor = db.execute(
                f"UPDATE requests SET {changes}, updated = ?"  # noqa: S608
                " WHERE number = ? AND state = ? AND attempt = ? AND transaction_id = ?"
                f" AND {also}",
                (
                    *values,
                    time.time(),
                    entry.number,
                    entry.state,
                    entry.attempt,
                    entry.transaction_id,
                ),
            )
        return cursor.rowcount == 1

    def _select(self, condition: str, *values: object) -> list[OutboxEntry]:
        with self._file.reading() as db:
            rows = db.execute(
                f"SELECT * FROM requests WHERE {condition} ORDER BY number",  # noqa: S608
                values,
            ).fetchall()
        return [self._entry(row) for row in rows]

    def _entry(self, row: sqlite3.Row) -> OutboxEntry:
        try:
            name, *arguments = m.chaincode.ChaincodeInput.FromString(row["invocation"]).args
        except (ProtobufDecodeError, ValueError) as error:
            raise OutboxError(
                f"outbox {self._file.path} is damaged: request {row['request_id']!r}"
            ) from error
        return OutboxEntry(
            request_id=row["request_id"],
            mspid=row["mspid"],
            subject=row["subject"],
            channel=row["channel"],
            chaincode=row["chaincode"],
            name=name.decode(),
            arguments=tuple(arguments),
            endorsing_organizations=tuple(json.loads(row["organizations"])),
            needs_transient=bool(row["needs_transient"]),
            conflict_attempts=row["conflict_attempts"],
            state=row["state"],
            attempt=row["attempt"],
            transaction_id=row["transaction_id"],
            envelope=row["envelope"],
            result=row["result"],
            code=row["code"],
            block_number=row["block_number"],
            refusal=_refusal(row["refusal"]),
            conflicts=tuple(CommitStatus(*status) for status in json.loads(row["conflicts"])),
            created=datetime.fromtimestamp(row["created"], UTC),
            updated=datetime.fromtimestamp(row["updated"], UTC),
            number=row["number"],
            offers=row["offers"],
        )


def _invocation(arguments: Sequence[bytes | str]) -> bytes:
    args = [argument.encode() if isinstance(argument, str) else argument for argument in arguments]
    return bytes(m.chaincode.ChaincodeInput(args=args).SerializeToString())


def _refusal(text: str | None) -> GatewayError | None:
    if text is None:
        return None
    kept = json.loads(text)
    return _REFUSALS[kept["step"]](
        kept["reason"],
        status=StatusCode[kept["status"]],
        details=tuple(ErrorDetail(*detail) for detail in kept["details"]),
        transaction_id=kept["transaction_id"],
    )
