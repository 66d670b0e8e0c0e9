"""Payment files as version 0.4 wrote them: a `PmtInf` for each settlement, names as they are.

Banks charge for such files or refuse them, so none is written any more. Hashes of them are on ledgers, and
only the same bytes show that a hash is right. Nothing here may change.
"""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import UTC, date, datetime

from stdnum import iban

from kindpakket.backoffice.payments.transfers import CreditTransfer, Debtor, PaymentFileError
from kindpakket.extras import extra

with extra("backoffice"):
    from sepaxml import SepaTransfer

SCHEMA = "pain.001.001.09"
_NAMESPACE = {"": f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"}


def first_layout(
    debtor: Debtor, transfers: Sequence[CreditTransfer], created_at: datetime, execution_date: date
) -> tuple[bytes, str]:
    """The content and the message id.

    Args:
        debtor: the account that pays.
        transfers: the settlements to pay, in the order of their ids.
        created_at: the file's creation instant, with a time zone.
        execution_date: the day on which the bank is to pay.
    """
    message_id = _message_id(debtor, transfers, created_at, execution_date)
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
    for transfer in transfers:
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
    return _reproducible(document.export(validate=False), message_id, created_at, transfers), message_id


def _message_id(debtor: Debtor, transfers: Sequence[CreditTransfer], created_at: datetime, day: date) -> str:
    """The day, and a hash of everything that is paid, by the names of the members at that time."""
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
