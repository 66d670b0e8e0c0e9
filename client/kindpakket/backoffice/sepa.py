"""Settlements as one SEPA credit transfer file, ISO 20022 pain.001.001.09.

The same settlements give the same bytes, so the hash that goes onto the ledger at export can be made again at
any time from the ledger and the shops' accounts.
"""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from stdnum import iban
from stdnum.exceptions import ValidationError as NotAnIban

from kindpakket.fabric.extras import extra

with extra("backoffice"):
    from sepaxml import SepaTransfer
    from sepaxml.validation import ValidationError, try_valid_xml

SCHEMA = "pain.001.001.09"
_NAMESPACE = {"": f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"}
_LONGEST_NAME = 70


class PaymentFileError(ValueError):
    """The payments cannot be put into a file; nothing was written."""


@dataclass(frozen=True, slots=True)
class Debtor:
    """The account that pays.

    Attributes:
        name: the holder of the account.
        iban: its number.
        bic: the bank's code.
    """

    name: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class CreditTransfer:
    """One settlement to be paid.

    Attributes:
        settlement: the settlement's id, which becomes the EndToEndId.
        name: holder of the shop's account.
        iban: the shop's account.
        cents: amount, euro cents, above zero.
        text: what the shop reads on its statement; no child's data.
    """

    settlement: str
    name: str
    iban: str
    cents: int
    text: str


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """A file for the bank.

    Attributes:
        content: the XML, UTF-8 bytes, valid against its schema.
        sha256: its hash, 64 hexadecimal characters, which goes onto the ledger.
        message_id: the file's own id.
        cents: sum of its payments.
        payments: number of its payments.
    """

    content: bytes
    sha256: str
    message_id: str
    cents: int
    payments: int


def payment_file(
    debtor: Debtor, transfers: Sequence[CreditTransfer], *, created_at: datetime, execution_date: date
) -> PaymentFile:
    """Put settlements into one file, in the order of their ids.

    Args:
        debtor: the account that pays.
        transfers: what is to be paid.
        created_at: instant that the file states as its creation, with a time zone. For the same bytes
            each time take one from the ledger, such as the latest approval.
        execution_date: the day on which the bank is to pay.

    Raises:
        PaymentFileError: there is nothing to pay, an amount, IBAN or name is impossible, or a settlement
            stands twice.
    """
    ordered = sorted(transfers, key=lambda transfer: transfer.settlement)
    _check(debtor, ordered)
    if created_at.tzinfo is None:
        raise PaymentFileError(
            f"created_at {created_at.isoformat()} has no time zone: give an aware datetime"
        )
    message_id = _message_id(debtor, ordered, created_at, execution_date)
    document = SepaTransfer(
        {
            "name": debtor.name,
            "IBAN": iban.compact(debtor.iban),
            "BIC": debtor.bic,
            "batch": False,
            "currency": "EUR",
        },
        schema=SCHEMA,
    )
    for transfer in ordered:
        document.add_payment(
            {
                "name": transfer.name,
                "IBAN": iban.compact(transfer.iban),
                "amount": transfer.cents,
                "execution_date": execution_date,
                "description": transfer.text,
                "endtoend_id": transfer.settlement,
            }
        )
    content = _fixed(document.export(validate=False), message_id, created_at, ordered)
    try:
        try_valid_xml(content, SCHEMA)
    except ValidationError as error:
        raise PaymentFileError(f"the file is not valid {SCHEMA}: {error.__cause__}") from error
    return PaymentFile(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        message_id=message_id,
        cents=sum(transfer.cents for transfer in ordered),
        payments=len(ordered),
    )


def _check(debtor: Debtor, transfers: Sequence[CreditTransfer]) -> None:
    if not transfers:
        raise PaymentFileError("there is no settlement to pay: approve settlements first")
    seen: set[str] = set()
    for transfer in transfers:
        if transfer.settlement in seen:
            raise PaymentFileError(f"settlement {transfer.settlement} stands twice: give each once")
        seen.add(transfer.settlement)
        if transfer.cents <= 0:
            raise PaymentFileError(
                f"settlement {transfer.settlement} is {transfer.cents} cents: only sums above zero are paid"
            )
        _check_account(transfer.name, transfer.iban, f"settlement {transfer.settlement}")
    _check_account(debtor.name, debtor.iban, "the debtor")


def _check_account(name: str, number: str, whose: str) -> None:
    if not 0 < len(name.strip()) <= _LONGEST_NAME:
        raise PaymentFileError(
            f"{whose}: a name of 1 to {_LONGEST_NAME} characters is needed, this has {len(name)}"
        )
    try:
        iban.validate(number)
    except NotAnIban as error:
        raise PaymentFileError(f"{whose}: the IBAN is not valid ({error}): correct the account") from None


def _message_id(debtor: Debtor, transfers: Sequence[CreditTransfer], created_at: datetime, day: date) -> str:
    """35 characters at most: the day, and a hash of everything that is paid."""
    digest = hashlib.sha256(repr((debtor, list(transfers), created_at.isoformat(), day)).encode()).hexdigest()
    return f"{day:%Y%m%d}-{digest[:20]}"


def _fixed(
    content: bytes, message_id: str, created_at: datetime, transfers: Sequence[CreditTransfer]
) -> bytes:
    """Put ids and the instant that were given in the place of those that the library makes anew each time."""
    root = ET.fromstring(content)  # noqa: S314
    header = _one(root, "CstmrCdtTrfInitn/GrpHdr")
    _one(header, "MsgId").text = message_id
    _one(header, "CreDtTm").text = created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    payments = root.findall("CstmrCdtTrfInitn/PmtInf", _NAMESPACE)
    for payment, transfer in zip(payments, transfers, strict=True):
        _one(payment, "PmtInfId").text = transfer.settlement
    ET.indent(root)
    body: bytes = ET.tostring(root, "utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _one(element: ET.Element, path: str) -> ET.Element:
    found = element.find(path, _NAMESPACE)
    if found is None:
        raise PaymentFileError(f"the file lacks {path}: the library that makes it has changed its form")
    return found
