"""What was ordered: payment files read back from their bytes, pain.001 of both layouts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kindpakket.backoffice.bank.documents import (
    MAX_BYTES,
    PAYMENTS,
    Document,
    child,
    children,
    line_of,
    recognise,
    text,
)
from kindpakket.backoffice.bank.errors import BankFileError
from kindpakket.backoffice.mistakes import Mistake
from kindpakket.extras import extra

with extra("backoffice"):
    from lxml import etree


@dataclass(frozen=True, slots=True)
class Expected:
    """A payment that the bank was asked to make.

    Attributes:
        settlement: the settlement's id, which is the EndToEndId.
        cents: the amount in euro cents.
        day: the day on which the bank was to pay.
        message_id: MsgId of the payment file.
        payment_id: PmtInfId of the group it is in.
        file_sha256: hash of the payment file, as the ledger has it.
        source: the file's name.
        row: the line of the file.
        account: the shop's IBAN; never printed.
        debtor: the IBAN that pays; never printed.
    """

    settlement: str
    cents: int
    day: date
    message_id: str
    payment_id: str
    file_sha256: str
    source: str = ""
    row: int = 0
    account: str = field(default="", repr=False)
    debtor: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.source}: line {self.row}"


def read_orders_file(path: Path) -> list[Expected]:
    """The payments of a payment file.

    Raises:
        BankFileError: it is not a payment file, or its sums do not agree.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return read_orders(file.read(MAX_BYTES + 1), str(path))


def read_orders(content: bytes, source: str = "the file") -> list[Expected]:
    """The payments of the content of a payment file. Otherwise as `read_orders_file`."""
    document = recognise(content, source)
    if document.kind != PAYMENTS:
        reason = f"this is {document.kind}, not a payment file (pain.001)"
        raise BankFileError(source, [Mistake(line_of(document.root), reason)])
    return orders_of(document, hashlib.sha256(content).hexdigest())


def orders_of(document: Document, file_sha256: str) -> list[Expected]:
    """The payments of a document whose bytes have that hash."""
    message_id = text(document.root, "GrpHdr/MsgId")
    orders = [
        order
        for group in children(document.root, "PmtInf")
        for order in _group(document, group, message_id, file_sha256)
    ]
    header = child(document.root, "GrpHdr")
    _check_sums(document, document.root if header is None else header, orders)
    seen: set[str] = set()
    for order in orders:
        if order.settlement in seen:
            reason = f"settlement {order.settlement} is paid twice in this file"
            document.mistakes.append(Mistake(order.row, reason))
        seen.add(order.settlement)
    document.finish()
    return orders


def merged(orders: Iterable[Expected]) -> list[Expected]:
    """Payments in the order of their settlements; the same file given twice counts once."""
    known: dict[tuple[str, str], Expected] = {}
    for order in sorted(orders, key=lambda order: (order.settlement, order.file_sha256, order.source)):
        known.setdefault((order.settlement, order.file_sha256), order)
    return list(known.values())


def _group(document: Document, group: etree._Element, message_id: str, file_sha256: str) -> list[Expected]:
    day = document.day(group, "ReqdExctnDt")
    payment_id = text(group, "PmtInfId")
    debtor = text(group, "DbtrAcct/Id/IBAN")
    if day is None:
        document.wrong(group, "the group of payments has no day that can be read")
    orders: list[Expected] = []
    for payment in children(group, "CdtTrfTxInf"):
        settlement = text(payment, "PmtId/EndToEndId")
        cents = document.cents(payment, "Amt/InstdAmt")
        if not settlement:
            document.wrong(payment, "the payment has no EndToEndId, so it is of no settlement")
        if cents is not None and day is not None and settlement:
            orders.append(
                Expected(
                    settlement=settlement,
                    cents=cents,
                    day=day,
                    message_id=message_id,
                    payment_id=payment_id,
                    file_sha256=file_sha256,
                    source=document.source,
                    row=line_of(payment),
                    account=text(payment, "CdtrAcct/Id/IBAN"),
                    debtor=debtor,
                )
            )
    _check_sums(document, group, orders)
    return orders


def _check_sums(document: Document, element: etree._Element, orders: list[Expected]) -> None:
    """The count and the sum that the file states are those of its payments."""
    count = document.number(element, "NbOfTxs")
    if count is not None and count != len(orders):
        document.wrong(element, f"NbOfTxs is {count}, but there are {len(orders)} payments that can be read")
    stated = text(element, "CtrlSum")
    cents = sum(order.cents for order in orders)
    if stated and stated != f"{cents // 100}.{cents % 100:02}":
        document.wrong(
            element, "CtrlSum is not the sum of the payments, which the file writes with two decimals"
        )
