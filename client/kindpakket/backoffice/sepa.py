"""Settlements as one SEPA credit transfer file, ISO 20022 pain.001.001.09.

The same settlements give the same bytes, so the hash that is recorded on the ledger at export can be
recomputed at any time from the ledger and the shops' accounts.
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
_MAX_NAME_LENGTH = 70  # Max70Text, by the rulebook of the European Payments Council


class PaymentFileError(ValueError):
    """No payment file can be made of these payments; nothing was written."""


@dataclass(frozen=True, slots=True)
class Debtor:
    """The account that pays.

    Attributes:
        name: the account's holder.
        iban: the account's number.
        bic: the bank's BIC.
    """

    name: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class CreditTransfer:
    """A settlement to pay.

    Attributes:
        settlement: the settlement's id, which becomes the EndToEndId.
        name: holder of the shop's account.
        iban: the shop's account.
        cents: the amount in euro cents, above zero.
        text: what the shop reads on its bank statement; no data about children.
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
        sha256: its hash, 64 hexadecimal characters, for the ledger.
        message_id: the id in the file's header.
        cents: sum of its payments, in euro cents.
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
        transfers: the settlements to pay.
        created_at: the file's creation instant, with a time zone. To get the same bytes each time, take one
            from the ledger, such as the latest approval.
        execution_date: the day on which the bank is to pay.

    Raises:
        PaymentFileError: there is nothing to pay, an amount, IBAN or name is invalid, or a settlement appears
            twice.
    """
    ordered = sorted(transfers, key=lambda transfer: transfer.settlement)
    _check(debtor, ordered)
    if created_at.tzinfo is None:
        raise PaymentFileError(
            f"created_at {created_at.isoformat()} has no time zone: give a datetime with one"
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
    content = _reproducible(document.export(validate=False), message_id, created_at, ordered)
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
        raise PaymentFileError("no settlements to pay: approve settlements first")
    seen: set[str] = set()
    for transfer in transfers:
        if transfer.settlement in seen:
            raise PaymentFileError(f"settlement {transfer.settlement} appears twice: list each once")
        seen.add(transfer.settlement)
        if transfer.cents <= 0:
            raise PaymentFileError(
                f"settlement {transfer.settlement} is for {transfer.cents} cents: it must be above zero"
            )
        _check_account(transfer.name, transfer.iban, f"settlement {transfer.settlement}")
    _check_account(debtor.name, debtor.iban, "the debtor")


def _check_account(name: str, number: str, whose: str) -> None:
    if not 0 < len(name.strip()) <= _MAX_NAME_LENGTH:
        raise PaymentFileError(
            f"{whose}: the name has {len(name.strip())} characters: it must have 1 to {_MAX_NAME_LENGTH}"
        )
    try:
        iban.validate(number)
    except NotAnIban as error:
        raise PaymentFileError(f"{whose}: the IBAN is invalid ({error}): correct the account") from None


def _message_id(debtor: Debtor, transfers: Sequence[CreditTransfer], created_at: datetime, day: date) -> str:
    """The day, and a hash of everything that is paid; 29 of the 35 characters allowed (Max35Text)."""
    digest = hashlib.sha256(repr((debtor, list(transfers), created_at.isoformat(), day)).encode()).hexdigest()
    return f"{day:%Y%m%d}-{digest[:20]}"


def _reproducible(
    content: bytes, message_id: str, created_at: datetime, transfers: Sequence[CreditTransfer]
) -> bytes:
    """Replace the ids and the instant that the library makes anew each time with the given ones."""
    root = ET.fromstring(content)  # noqa: S314
    header = _element(root, "CstmrCdtTrfInitn/GrpHdr")
    _element(header, "MsgId").text = message_id
    _element(header, "CreDtTm").text = created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    payments = root.findall("CstmrCdtTrfInitn/PmtInf", _NAMESPACE)
    for payment, transfer in zip(payments, transfers, strict=True):
        _element(payment, "PmtInfId").text = transfer.settlement
    ET.indent(root)
    body: bytes = ET.tostring(root, "utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _element(element: ET.Element, path: str) -> ET.Element:
    child = element.find(path, _NAMESPACE)
    if child is None:
        raise PaymentFileError(f"the file has no {path}: this version of sepaxml is not supported")
    return child
