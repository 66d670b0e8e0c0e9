"""Exporting one payment file of many schemes, in steps of which each can be the last before an interruption.

1. The register keeps the file with its bytes and the requests that will mark its settlements.
2. The bytes are on the disk, under a name that ends in `.part`.
3. The ledger marks the settlements with the file's hash, some hundreds of one scheme in a transaction.
4. The accounts on the ledger are compared with those in the file.
5. The file gets its name, and the register notes that it is exported.

Whoever calls again goes on from where it was. The requests keep their ids, so none has two effects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kindpakket.backoffice.booking.documents import bytes_document, read_bytes_document
from kindpakket.backoffice.booking.kept import PAYMENTS
from kindpakket.backoffice.payout.composing import Composition, Form
from kindpakket.backoffice.payout.release import check_path, release, write_part
from kindpakket.backoffice.register import BankBooks, KeptFile
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.records import Settlement
from kindpakket.ledger.refusals import Refusal, RequestCommitted, RequestVoid
from kindpakket.municipality import BULK, Municipality


class ExportStopped(Exception):
    """A file cannot be exported as it is; the message says what the ledger has and what to do.

    Attributes:
        sha256: the file's hash.
        marked: how many of its settlements the ledger has marked; with none, it is as if nothing had been.
    """

    def __init__(self, message: str, sha256: str, marked: int) -> None:
        super().__init__(message)
        self.sha256 = sha256
        self.marked = marked


@dataclass(frozen=True, slots=True)
class KeptPayments:
    """A payment file as the register keeps it.

    Attributes:
        sha256: its hash.
        state: `made`, `exported` or `cancelled`.
        content: its bytes.
        parts: the requests that mark its settlements; none for a file that was made elsewhere.
        accounts: settlement -> the hash of the account that it is paid on.
        members: what the answer to exporting says of it.
    """

    sha256: str
    state: str
    content: bytes = field(repr=False)
    parts: tuple[Mapping[str, Any], ...]
    accounts: Mapping[str, str] = field(repr=False)
    members: Mapping[str, Any]

    @classmethod
    def of(cls, file: KeptFile) -> KeptPayments:
        """Read what is kept."""
        document = file.document
        return cls(
            sha256=file.sha256,
            state=file.state,
            content=read_bytes_document(document),
            parts=tuple(document["parts"]),
            accounts=document.get("accounts", {}),
            members=document.get("members", {}),
        )

    @property
    def settlements(self) -> list[tuple[str, str]]:
        """The scheme and the id of each of its settlements."""
        return [(part["scheme"], settlement) for part in self.parts for settlement in part["settlements"]]


def kept_payments(books: BankBooks) -> list[KeptPayments]:
    """All payment files that the register keeps, oldest first."""
    return [KeptPayments.of(file) for file in books.files(PAYMENTS)]


def keep(books: BankBooks, composition: Composition, form: Form, name: str) -> KeptPayments:
    """Keep a file before anything is said to the ledger.

    Args:
        books: of the register.
        composition: the file.
        form: how it was written.
        name: what it is called, without a folder.
    """
    by_scheme: dict[str, list[str]] = defaultdict(list)
    for settlement in composition.settlements:
        by_scheme[settlement["scheme"]].append(settlement["id"])
    parts = [
        {"scheme": scheme, "settlements": ids[start : start + BULK], "request_id": new_id()}
        for scheme, ids in sorted(by_scheme.items())
        for start in range(0, len(ids), BULK)
    ]
    document = {
        "name": name,
        "content": bytes_document(composition.file.content),
        "parts": parts,
        "accounts": dict(composition.accounts),
        "members": {
            "payments": composition.file.payments,
            "cents": composition.file.cents,
            "message_id": composition.file.message_id,
            "execution_date": form.execution_date.isoformat(),
            "created_at": form.created_at.isoformat(),
        },
    }
    file = KeptFile(composition.file.sha256, PAYMENTS, "made", document)
    books.keep([file])
    return KeptPayments.of(file)


def carry_on(municipality: Municipality, books: BankBooks, file: KeptPayments, path: Path) -> None:
    """Mark the file's settlements on the ledger, as far as they are not, and give the file its name.

    Args:
        municipality: as its treasurer.
        books: of the register.
        file: as it is kept.
        path: where it is written.

    Raises:
        ExportStopped: the ledger refuses a part of it, or the account of a shop is no longer the one in the
            file. The file does not get its name. If nothing was marked, the register forgets that it was
            to be exported; else somebody cancels it.
        PathTaken: there is another file at `path`.
    """
    check_path(path, file.content)
    part_path = write_part(path, file.content)
    for part in file.parts:
        try:
            _mark(municipality, file, part)
        except Refusal as error:
            _settle(municipality, file)
            marked = sum(_is_marked(record, file) for record in _records(municipality, file))
            if not marked:
                books.set_state(file.sha256, "cancelled")
                part_path.unlink()
            raise ExportStopped(_stopped(file, str(error), marked), file.sha256, marked) from error
    records = _records(municipality, file)
    changed = [
        record["id"] for record in records if record.get("account_sha256") != file.accounts.get(record["id"])
    ]
    if changed:
        sentence = f"the account of settlement {changed[0]} changed while the file was being made"
        raise ExportStopped(_stopped(file, sentence, len(records)), file.sha256, len(records))
    release(part_path, path)
    books.set_state(file.sha256, "exported")


def cancel(municipality: Municipality, books: BankBooks, file: KeptPayments, reason: str) -> list[Settlement]:
    """Reopen what a file that the bank does not get would have paid. Interrupted, it is called again.

    Args:
        municipality: as its treasurer.
        books: of the register.
        file: as it is kept.
        reason: a code, such as `not-sent`.

    Returns:
        The settlements that are rejected now.

    Raises:
        ExportStopped: the bank has paid a part of it.
    """
    _settle(municipality, file)
    records = [record for record in _records(municipality, file) if _is_marked(record, file)]
    answered = [record for record in records if record["state"] in ("paid", "returned")]
    if answered:
        sentence = f"settlement {answered[0]['id']} is {answered[0]['state']}: the bank has the file"
        raise ExportStopped(f"{sentence}, so it is not cancelled", file.sha256, len(records))
    rejected = [
        municipality.settlements.book(record["scheme"], record["id"], "rejected", reason)
        for record in records
        if record["state"] == "exported"
    ]
    books.set_state(file.sha256, "cancelled")
    return rejected


def _mark(municipality: Municipality, file: KeptPayments, part: Mapping[str, Any]) -> None:
    scheme, settlements = part["scheme"], part["settlements"]
    first = municipality.settlements.show(scheme, settlements[0])
    if not _is_marked(first, file):  # a part is marked as a whole
        municipality.settlements.export(scheme, settlements, file.sha256, request_id=part["request_id"])


def _settle(municipality: Municipality, file: KeptPayments) -> None:
    """Make sure that what is not marked by now never will be: an earlier call may be on its way."""
    if file.state != "made":
        return
    for part in file.parts:
        if not _is_marked(municipality.settlements.show(part["scheme"], part["settlements"][0]), file):
            with suppress(RequestCommitted, RequestVoid):
                municipality.requests.void(part["request_id"])


def _is_marked(record: Settlement, file: KeptPayments) -> bool:
    return record.get("file_sha256") == file.sha256


def _records(municipality: Municipality, file: KeptPayments) -> list[Settlement]:
    """The file's settlements as the ledger has them."""
    wanted = dict.fromkeys(settlement for _, settlement in file.settlements)
    schemes = dict.fromkeys(scheme for scheme, _ in file.settlements)
    return [
        record
        for scheme in schemes
        for record in municipality.settlements.list(scheme)
        if record["id"] in wanted
    ]


def _stopped(file: KeptPayments, sentence: str, marked: int) -> str:
    if not marked:
        return f"{sentence}; nothing was exported: run it again, and a new file is made"
    return (
        f"{sentence}; {marked} of {len(file.settlements)} settlements are marked as exported in the file "
        f"{file.sha256}, which must not be sent: reopen them with kindpakket payout cancel {file.sha256}"
    )
