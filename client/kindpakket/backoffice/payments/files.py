"""Settlements as one SEPA credit transfer file, ISO 20022 pain.001.

A file has one `PmtInf` for a debtor account, all for one day, with a `CdtTrfTxInf` for each settlement. The
same settlements give the same bytes, so the hash that is recorded on the ledger at export can be recomputed
from the ledger, the shops' accounts, and the instant and day that the export answered with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime

from stdnum import iban
from stdnum.exceptions import ValidationError as NotAnIban

from kindpakket.backoffice.payments.characters import is_sepa_text, sepa_text
from kindpakket.backoffice.payments.days import is_target_day, next_target_day, why_closed
from kindpakket.backoffice.payments.first_layout import first_layout
from kindpakket.backoffice.payments.transfers import CreditTransfer, Debtor, PaymentFile, PaymentFileError
from kindpakket.extras import extra
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
    """Put settlements that one account pays into one file. Otherwise as `payment_file_of`."""
    return payment_file_of(
        {debtor: transfers},
        created_at=created_at,
        execution_date=execution_date,
        schema=schema,
        batch_booking=batch_booking,
        layout=layout,
    )


def payment_file_of(
    groups: Mapping[Debtor, Sequence[CreditTransfer]],
    *,
    created_at: datetime,
    execution_date: date,
    schema: str = SCHEMA,
    batch_booking: bool = False,
    layout: int = LAYOUT,
) -> PaymentFile:
    """Put settlements into one file, with a group for each account that pays, in the order of their ids.

    Args:
        groups: the accounts that pay, with the settlements that each pays.
        created_at: the file's creation instant, with a time zone; seconds count. To get the same bytes each
            time, keep it.
        execution_date: the day on which the bank is to pay; TARGET must be open.
        schema: `pain.001.001.09`, or `pain.001.001.03` for banks that still ask for it.
        batch_booking: ask the bank for one entry on the statement for all payments; many banks do as they
            like.
        layout: 1 recomputes the file of version 0.4, which had a `PmtInf` for each settlement.

    Raises:
        PaymentFileError: there is nothing to pay, an amount, IBAN, name or text is invalid, a settlement
            appears twice, an account appears with two names or banks, or TARGET is closed on that day. It
            lists all mistakes.
    """
    ordered = {
        debtor: sorted(groups[debtor], key=lambda transfer: transfer.settlement)
        for debtor in sorted(groups, key=lambda debtor: (iban.compact(debtor.iban), debtor.name, debtor.bic))
        if groups[debtor] or len(groups) == 1
    }
    transfers = [transfer for group in ordered.values() for transfer in group]
    mistakes = list(_mistakes(ordered, transfers))
    if layout == LAYOUT:
        mistakes += _mistakes_of_texts(ordered, transfers)
        mistakes += _mistakes_of_file(schema, execution_date)
    elif layout != 1 or schema != SCHEMA or batch_booking or len(ordered) != 1:
        mistakes.append(
            f"layout {layout} of {schema} is not known: give 1 or 2; 1 is {SCHEMA} without batches, from one "
            "account"
        )
    if created_at.tzinfo is None:
        mistakes.append(f"created_at {created_at.isoformat()} has no time zone: give a datetime with one")
    if mistakes:
        raise PaymentFileError(*mistakes)
    if layout == LAYOUT:
        content, message_id = _content(ordered, created_at, execution_date, schema, batch_booking)
    else:
        content, message_id = first_layout(next(iter(ordered)), transfers, created_at, execution_date)
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
        cents=sum(transfer.cents for transfer in transfers),
        payments=len(transfers),
    )


def _mistakes(debtors: Collection[Debtor], transfers: Sequence[CreditTransfer]) -> Iterator[str]:
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
    for debtor in debtors:
        yield from _mistakes_of_account(debtor.name, debtor.iban, "the debtor")
    if len({iban.compact(debtor.iban) for debtor in debtors}) < len(debtors):
        yield "the same account of the debtor has two names or two BICs: give each account one of each"


def _mistakes_of_account(name: str, number: str, whose: str) -> Iterator[str]:
    if not 0 < len(name.strip()) <= _MAX_NAME_LENGTH:
        yield f"{whose}: the name has {len(name.strip())} characters: it must have 1 to {_MAX_NAME_LENGTH}"
    try:
        iban.validate(number)
    except NotAnIban as error:
        yield f"{whose}: the IBAN is invalid ({error}): correct the account"


def _mistakes_of_texts(debtors: Collection[Debtor], transfers: Sequence[CreditTransfer]) -> Iterator[str]:
    """What a bank would refuse or print otherwise."""
    names = [(f"settlement {transfer.settlement}", transfer.name) for transfer in transfers]
    for whose, name in [*names, *(("the debtor", debtor.name) for debtor in debtors)]:
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
    groups: Mapping[Debtor, Sequence[CreditTransfer]],
    created_at: datetime,
    execution_date: date,
    schema: str,
    batch_booking: bool,
) -> tuple[bytes, str]:
    """The content and the message id."""
    created = created_at.astimezone(AMSTERDAM).strftime("%Y-%m-%dT%H:%M:%S")
    message_id = _message_id(groups, created, execution_date, schema, batch_booking)
    root, *others = [_document(debtor, groups[debtor], execution_date, schema) for debtor in groups]
    (body,) = root
    for other in others:
        body.extend(other.findall("{*}CstmrCdtTrfInitn/{*}PmtInf"))
    transfers = [transfer for group in groups.values() for transfer in group]
    cents = sum(transfer.cents for transfer in transfers)
    header = {
        "MsgId": message_id,
        "CreDtTm": created,
        "NbOfTxs": str(len(transfers)),
        "CtrlSum": f"{cents // 100}.{cents % 100:02}",
    }
    for name, text in header.items():
        _set(body, f"GrpHdr/{name}", text)
    for number, group in enumerate(body.findall("{*}PmtInf"), 1):
        _set(group, "PmtInfId", f"{message_id}-{number}")
        _set(group, "BtchBookg", "true" if batch_booking else "false")
    etree.indent(root)
    content: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + content + b"\n", message_id


def _document(
    debtor: Debtor, transfers: Sequence[CreditTransfer], execution_date: date, schema: str
) -> etree._Element:
    """A document of one group, with ids and an instant that the library makes anew each time."""
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
    return etree.fromstring(document.export(validate=False))


def _message_id(
    groups: Mapping[Debtor, Sequence[CreditTransfer]],
    created: str,
    execution_date: date,
    schema: str,
    batch_booking: bool,
) -> str:
    """The day, and a hash of everything that is paid: a file with one other cent is another message."""
    of_groups = [
        [
            debtor.name,
            debtor.iban,
            debtor.bic,
            created,
            [
                [transfer.settlement, transfer.name, transfer.iban, transfer.cents, transfer.text]
                for transfer in transfers
            ],
        ]
        for debtor, transfers in groups.items()
    ]
    # Files from one account were first, and their ids must not change.
    paid = of_groups[0] if len(of_groups) == 1 else [of_groups]
    whole = [LAYOUT, schema, batch_booking, *paid, execution_date.isoformat()]
    digest = hashlib.sha256(json.dumps(whole).encode()).hexdigest()
    return f"{execution_date:%Y%m%d}-{digest[:20]}"


def _set(element: etree._Element, path: str, text: str) -> None:
    (found,) = element.findall("/".join(f"{{*}}{name}" for name in path.split("/")))
    found.text = text
