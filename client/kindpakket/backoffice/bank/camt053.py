"""Reading camt.053, the statement of an account at the end of a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from kindpakket.backoffice.bank.documents import Document, child, children, each, line_of, text
from kindpakket.backoffice.bank.statements import NOT_PROVIDED, Line, Statement, settlement_id
from kindpakket.extras import extra

with extra("backoffice"):
    from lxml import etree

VERSIONS = ("02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14")
"""Versions of the schema; they differ in where an amount and a status are."""
_OPENING = ("OPBD", "PRCD", "ITBD")
_CLOSING = ("CLBD", "ITBD")
_FAMILY = "BkTxCd/Domn/Fmly/SubFmlyCd"
# Sub-families of ISO's bank transaction codes.
_RETURNS = frozenset({"RRTN", "RPCR"})
_CHARGES = frozenset({"CHRG", "COMM", "FEES", "COME", "COMI", "COMT"})


def read_statements(document: Document) -> list[Statement]:
    """The statements of a camt.053 file.

    Raises:
        BankFileError: something cannot be read, an account is not in euros, or the entries of a statement do
            not lead from its opening to its closing balance.
    """
    if document.version not in VERSIONS:
        document.wrong(
            document.root, f"version {document.version} of camt.053 is not known: ask the bank for 02 or 08"
        )
    statements = [_statement(document, element, place) for place, element in each(document.root, "Stmt")]
    if not statements:
        document.wrong(document.root, "the file has no statement")
    document.finish()
    return [statement for statement in statements if statement is not None]


def _statement(document: Document, element: etree._Element, place: int) -> Statement | None:
    before = len(document.mistakes)
    account = text(element, "Acct/Id/IBAN").replace(" ", "")
    if not account:
        document.wrong(element, f"statement {place} has no Acct/Id/IBAN")
    if text(element, "Acct/Ccy") not in ("", "EUR"):
        document.wrong(element, f"the account of statement {place} is not in euros")
    opening, closing = _balance(document, element, _OPENING, 0), _balance(document, element, _CLOSING, -1)
    for balance, name in ((opening, "opening"), (closing, "closing")):
        if balance is None:
            document.wrong(element, f"statement {place} has no {name} balance that can be read")
    number = document.number(element, "ElctrncSeqNb")
    if number is None:
        number = document.number(element, "LglSeqNb")
    created_at = document.instant(element, "CreDtTm")
    lines: list[Line] = []
    total, booked, pending = 0, 0, 0
    for entry, ntry in each(element, "Ntry"):
        if (text(ntry, "Sts/Cd") or text(ntry, "Sts")) != "BOOK":
            pending += 1
            continue
        booked += 1
        cents = _signed(document, ntry, "Amt", currency="EUR")
        if cents is None or opening is None or closing is None:
            continue
        total += cents
        lines += _lines(document, ntry, place, entry, cents, closing[1])
    if len(document.mistakes) > before or opening is None or closing is None:
        return None
    if opening[0] + total != closing[0]:
        document.wrong(
            element,
            f"statement {place} opens with {opening[0]} cents and its {booked} entries add {total}, but it "
            f"closes with {closing[0]}: it is incomplete; fetch it again from the bank",
        )
        return None
    return Statement(
        source=document.source,
        place=place,
        id=text(element, "Id"),
        account=account,
        number=number,
        created_at=created_at,
        opened_on=opening[1],
        closed_on=closing[1],
        opening=opening[0],
        closing=closing[0],
        lines=tuple(lines),
        entries=booked,
        pending=pending,
    )


def _balance(
    document: Document, element: etree._Element, codes: tuple[str, ...], place: int
) -> tuple[int, date] | None:
    """A balance by the first code that there is, with its day; of several, the one at a place."""
    balances = children(element, "Bal")
    for code in codes:
        found = [balance for balance in balances if text(balance, "Tp/CdOrPrtry/Cd") == code]
        if found:
            cents = _signed(document, found[place], "Amt", currency="EUR")
            day = document.day(found[place], "Dt")
            if day is None:
                document.wrong(found[place], "a balance has no day that can be read")
            return None if cents is None or day is None else (cents, day)
    return None


def _signed(document: Document, element: etree._Element, path: str, *, currency: str) -> int | None:
    cents = document.cents(element, path, currency)
    direction = text(element, "CdtDbtInd")
    if direction not in ("CRDT", "DBIT"):
        document.wrong(element, "CdtDbtInd is neither CRDT nor DBIT")
        return None
    return cents if cents is None or direction == "CRDT" else -cents


def _lines(
    document: Document, ntry: etree._Element, place: int, entry: int, cents: int, closed_on: date
) -> list[Line]:
    """The details of an entry when they add up to it, with the bank's charge; else the entry as one line."""
    details = children(ntry, "NtryDtls/TxDtls")
    amounts = [_detail_cents(document, detail, cents) for detail in details]
    if len(amounts) == 1 and amounts[0] is None:
        amounts = [cents]
    known = [amount for amount in amounts if amount is not None]
    value_date = document.day(ntry, "ValDt")
    whole = Line(
        source=document.source,
        statement=place,
        entry=entry,
        detail=0,
        row=line_of(ntry),
        cents=cents,
        booked_on=document.day(ntry, "BookgDt") or value_date or closed_on,
        value_date=value_date,
        bank_reference=_id(ntry, "AcctSvcrRef"),
        count=_count(ntry, details),
        returned=text(ntry, _FAMILY) in _RETURNS
        or any(child(detail, "RtrInf") is not None for detail in details),
        reversal=text(ntry, "RvslInd") in ("true", "1"),
        charges=text(ntry, _FAMILY) in _CHARGES,
        message_id=_shared(ntry, details, "MsgId"),
        payment_id=_shared(ntry, details, "PmtInfId"),
    )
    if not known or len(known) < len(amounts) or whole.count != len(details):
        return [replace(whole, named=tuple(sorted({_end_to_end(detail) for detail in details} - {""})))]
    lines = [
        _of_detail(whole, detail, number, amount)
        for number, (detail, amount) in enumerate(zip(details, known, strict=True), 1)
    ]
    rest = cents - sum(known)
    if rest == 0:
        return lines
    if rest == -sum(_charges(document, element) for element in (ntry, *details)):
        charge = replace(
            whole, cents=rest, charges=True, returned=False, message_id="", payment_id="", count=None
        )
        return [*lines, charge]
    return [replace(whole, named=tuple(sorted({_end_to_end(detail) for detail in details} - {""})))]


def _of_detail(whole: Line, detail: etree._Element, number: int, cents: int) -> Line:
    """One detail of an entry."""
    owner = "CdtrAcct" if cents < 0 else "DbtrAcct"
    code = text(detail, _FAMILY)
    return replace(
        whole,
        detail=number,
        row=line_of(detail),
        cents=cents,
        end_to_end=_end_to_end(detail),
        message_id=_id(detail, "Refs/MsgId") or whole.message_id,
        payment_id=_id(detail, "Refs/PmtInfId") or whole.payment_id,
        bank_reference=_id(detail, "Refs/AcctSvcrRef") or whole.bank_reference,
        count=None,
        reason=text(detail, "RtrInf/Rsn/Cd") or text(detail, "RtrInf/Rsn/Prtry"),
        returned=code in _RETURNS if code else child(detail, "RtrInf") is not None or whole.returned,
        charges=code in _CHARGES if code else whole.charges,
        account=text(detail, f"RltdPties/{owner}/Id/IBAN"),
    )


def _count(ntry: etree._Element, details: list[etree._Element]) -> int | None:
    """How many payments the bank says that an entry stands for."""
    counts = [text(batch, "NbOfTxs") for batch in children(ntry, "NtryDtls/Btch")]
    known = [int(count) for count in counts if count.isascii() and count.isdigit() and len(count) <= 15]
    return sum(known) if known and len(known) == len(counts) else len(details) or None


def _shared(ntry: etree._Element, details: list[etree._Element], name: str) -> str:
    """The payment file's or the group's id, where an entry and its details name only one."""
    ids = {_id(detail, f"Refs/{name}") for detail in details}
    ids |= {_id(batch, name) for batch in children(ntry, "NtryDtls/Btch")}
    named = ids - {""}
    return named.pop() if len(named) == 1 else ""


def _detail_cents(document: Document, detail: etree._Element, entry_cents: int) -> int | None:
    """The amount of a detail; None if it has none in euros."""
    path = next(
        (
            path
            for path in ("Amt", "AmtDtls/TxAmt/Amt")
            if (found := child(detail, path)) is not None and found.get("Ccy") == "EUR"
        ),
        None,
    )
    cents = document.cents(detail, path) if path else None
    if cents is None:
        return None
    direction = text(detail, "CdtDbtInd") or ("CRDT" if entry_cents >= 0 else "DBIT")
    return cents if direction == "CRDT" else -cents


def _charges(document: Document, element: etree._Element) -> int:
    """What the bank says that it charged for an entry or a detail, in cents."""
    total = 0
    for charge in (*children(element, "Chrgs/Rcrd"), *children(element, "Chrgs")):
        amount = child(charge, "Amt")
        if amount is not None and amount.get("Ccy") == "EUR":
            cents = document.cents(charge, "Amt") or 0
            total += -cents if text(charge, "CdtDbtInd") == "CRDT" else cents
    return total


def _end_to_end(detail: etree._Element) -> str:
    return settlement_id(_id(detail, "Refs/EndToEndId"))


def _id(element: etree._Element, path: str) -> str:
    found = text(element, path)
    return "" if found.upper() in NOT_PROVIDED else found
