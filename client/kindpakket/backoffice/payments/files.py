"""Settlements as one SEPA credit transfer file, ISO 20022 pain.001.

A file has one `PmtInf`, for one debtor account and one day, with a `CdtTrfTxInf` for each settlement. The
same settlements give the same bytes, so the hash that is recorded on the ledger at export can be recomputed
from the ledger, the shops' accounts, and the instant and day that the export answered with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from stdnum import iban
from stdnum.exceptions import ValidationError as NotAnIban

from kindpakket.backoffice.payments.characters import is_sepa_text, sepa_text
from kindpakket.backoffice.payments.days import is_target_day, next_target_day, why_closed
from kindpakket.backoffice.payments.first_layout import first_layout
from kindpakket.backoffice.payments.transfers import CreditTransfer, Debtor, PaymentFile, PaymentFileError
from kindpakket.fabric.extras import extra
from kindpakket.ledger.days import AMSTERDAM

with extra("backoffice"):
    from lxml import etree
    from sepaxml import SepaTransfer
    from sepaxml.validation import ValidationError, try_valid_xml

SCHEMA = "pain.001.001.09"
SCHEMAS = (SCHEMA, "pain.001.001.03")
LAYOUT = 2
"""The layout of new files; 1 is that of version 0.4."""
_MAX_NAME_LENGTH = 70  # Max70Text, by the rulebook of the European Payments Council
_MAX_TEXT_LENGTH = 140  # Max140Text
_MAX_ID_LENGTH = 35  # Max35Text
_MAX_CENTS = 99_999_999_999  # 999,999,999.99 euros, by the same rulebook


def payment_file(
    debtor: Debtor,
    transfers: Sequence[CreditTransfer],
    *,
    created_at: datetime,
    execution_date: date,
    schema: str = SCHEMA,
    batch_booking: bool = False,
    layout: int = LAYOUT,
) -> PaymentFile:
    """Put settlements into one file, in the order of their ids.

    Args:
        debtor: the account that pays.
        transfers: the settlements to pay.
        created_at: the file's creation instant, with a time zone; seconds count. To get the same bytes each
            time, keep it.
        execution_date: the day on which the bank is to pay; TARGET must be open.
        schema: `pain.001.001.09`, or `pain.001.001.03` for banks that still ask for it.
        batch_booking: ask the bank for one entry on the statement for all payments; many banks do as they
            like.
        layout: 1 recomputes the file of version 0.4, which had a `PmtInf` for each settlement.

    Raises:
        PaymentFileError: there is nothing to pay, an amount, IBAN, name or text is invalid, a settlement
            appears twice, or TARGET is closed on that day. It lists all mistakes.
    """
    ordered = sorted(transfers, key=lambda transfer: transfer.settlement)
    mistakes = list(_mistakes(debtor, ordered))
    if layout == LAYOUT:
        mistakes += _mistakes_of_texts(debtor, ordered)
        mistakes += _mistakes_of_file(schema, execution_date)
    elif layout != 1 or schema != SCHEMA or batch_booking:
        mistakes.append(
            f"layout {layout} of {schema} is not known: give 1 or 2; 1 is {SCHEMA} without batches"
        )
    if created_at.tzinfo is None:
        mistakes.append(f"created_at {created_at.isoformat()} has no time zone: give a datetime with one")
    if mistakes:
        raise PaymentFileError(*mistakes)
    if layout == LAYOUT:
        content, message_id = _content(debtor, ordered, created_at, execution_date, schema, batch_booking)
    else:
        content, message_id = first_layout(debtor, ordered, created_at, execution_date)
    try:
        try_valid_xml(content, schema)
    except ValidationError as error:
        # Only where: the validator quotes the element, which may be an account or a name.
        place = getattr(error.__cause__, "path", None) or "/Document"
        raise PaymentFileError(f"the file is not valid {schema}: see {place}") from None
    return PaymentFile(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        message_id=message_id,
        cents=sum(transfer.cents for transfer in ordered),
        payments=len(ordered),
    )


def _mistakes(debtor: Debtor, transfers: Sequence[CreditTransfer]) -> Iterator[str]:
    if not transfers:
        yield "no settlements to pay: approve settlements first"
    seen: set[str] = set()
    for transfer in transfers:
        whose = f"settlement {transfer.settlement}"
        if transfer.settlement in seen:
            yield f"{whose} appears twice: list each once"
        seen.add(transfer.settlement)
        if not 0 < transfer.cents <= _MAX_CENTS:
            yield f"{whose} is for {transfer.cents} cents: it must be above zero and at most {_MAX_CENTS}"
        yield from _mistakes_of_account(transfer.name, transfer.iban, whose)
    yield from _mistakes_of_account(debtor.name, debtor.iban, "the debtor")


def _mistakes_of_account(name: str, number: str, whose: str) -> Iterator[str]:
    if not 0 < len(name.strip()) <= _MAX_NAME_LENGTH:
        yield f"{whose}: the name has {len(name.strip())} characters: it must have 1 to {_MAX_NAME_LENGTH}"
    try:
        iban.validate(number)
    except NotAnIban as error:
        yield f"{whose}: the IBAN is invalid ({error}): correct the account"


def _mistakes_of_texts(debtor: Debtor, transfers: Sequence[CreditTransfer]) -> Iterator[str]:
    """What a bank would refuse or print otherwise."""
    names = [(f"settlement {transfer.settlement}", transfer.name) for transfer in transfers]
    for whose, name in [*names, ("the debtor", debtor.name)]:
        if name.strip() and not sepa_text(name):
            yield (
                f"{whose}: nothing of the account holder's name can be written in the SEPA character set: "
                "record the name as the holder's bank writes it"
            )
    for transfer in transfers:
        if not (is_sepa_text(transfer.settlement) and len(transfer.settlement) <= _MAX_ID_LENGTH):
            yield (
                f"settlement {transfer.settlement[:_MAX_ID_LENGTH]}: the id must have 1 to {_MAX_ID_LENGTH} "
                "characters of the SEPA set, without slashes at its ends"
            )
        if not 0 < len(sepa_text(transfer.text)) <= _MAX_TEXT_LENGTH:
            yield (
                f"settlement {transfer.settlement}: the remittance text has {len(sepa_text(transfer.text))} "
                f"characters: it must have 1 to {_MAX_TEXT_LENGTH}"
            )


def _mistakes_of_file(schema: str, execution_date: date) -> Iterator[str]:
    if schema not in SCHEMAS:
        yield f"the schema {schema} is not known: give {' or '.join(SCHEMAS)}"
    if not is_target_day(execution_date):
        yield (
            f"no bank pays on {execution_date}, {why_closed(execution_date)}: the next day is "
            f"{next_target_day(execution_date)}"
        )


def _content(
    debtor: Debtor,
    transfers: Sequence[CreditTransfer],
    created_at: datetime,
    execution_date: date,
    schema: str,
    batch_booking: bool,
) -> tuple[bytes, str]:
    """The content and the message id."""
    created = created_at.astimezone(AMSTERDAM).strftime("%Y-%m-%dT%H:%M:%S")
    document = SepaTransfer(
        {
            "name": sepa_text(debtor.name)[:_MAX_NAME_LENGTH].rstrip(),
            "IBAN": iban.compact(debtor.iban),
            "BIC": debtor.bic,
            "batch": True,
            "currency": "EUR",
        },
        schema=schema,
        clean=False,
    )
    for transfer in transfers:
        document.add_payment(
            {
                # A letter may become two, as ß does.
                "name": sepa_text(transfer.name)[:_MAX_NAME_LENGTH].rstrip(),
                "IBAN": iban.compact(transfer.iban),
                "amount": transfer.cents,
                "execution_date": execution_date,
                "description": sepa_text(transfer.text),
                "endtoend_id": transfer.settlement,
            }
        )
    # What is paid decides the id: a file with one other cent is another message to the bank.
    paid = [
        [transfer.settlement, transfer.name, transfer.iban, transfer.cents, transfer.text]
        for transfer in transfers
    ]
    whole = [LAYOUT, schema, batch_booking, debtor.name, debtor.iban, debtor.bic, created, paid]
    digest = hashlib.sha256(json.dumps([*whole, execution_date.isoformat()]).encode()).hexdigest()
    message_id = f"{execution_date:%Y%m%d}-{digest[:20]}"
    root = etree.fromstring(document.export(validate=False))
    for path, text in (
        ("GrpHdr/MsgId", message_id),
        ("GrpHdr/CreDtTm", created),
        ("PmtInf/PmtInfId", f"{message_id}-1"),
        ("PmtInf/BtchBookg", "true" if batch_booking else "false"),
    ):
        (element,) = root.findall("/".join(f"{{*}}{name}" for name in f"CstmrCdtTrfInitn/{path}".split("/")))
        element.text = text
    etree.indent(root)
    body: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n", message_id
