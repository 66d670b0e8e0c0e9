"""Reading camt.053, the statement of an account at the end of a day."""

from __future__ import annotations

from datetime import date

from kindpakket.backoffice.bank.documents import Document, child, children, each, line_of, text
from kindpakket.backoffice.bank.statements import NOT_PROVIDED, Line, Statement
from kindpakket.fabric.extras import extra

with extra("backoffice"):
    from lxml import etree

VERSIONS = ("02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14")
"""Versions of the schema; they differ in where an amount and a status are."""
_OPENING = ("OPBD", "PRCD", "ITBD")
_CLOSING = ("CLBD", "ITBD")
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
    value_date = document.day(ntry, "ValDt")
    booked_on = document.day(ntry, "BookgDt") or value_date or closed_on
    family = text(ntry, "BkTxCd/Domn/Fmly/SubFmlyCd")
    details = children(ntry, "NtryDtls/TxDtls")
    amounts = [_detail_cents(document, detail, cents) for detail in details]
    if len(amounts) == 1 and amounts[0] is None:
        amounts = [cents]

    def line(element: etree._Element, detail: int, of_line: int, *, charges: bool = False) -> Line:
        owner = "CdtrAcct" if of_line < 0 else "DbtrAcct"
        code = text(element, "BkTxCd/Domn/Fmly/SubFmlyCd") or family
        returned = child(element, "RtrInf") is not None or code in _RETURNS
        return Line(
            source=document.source,
            statement=place,
            entry=entry,
            detail=detail,
            row=line_of(element),
            cents=of_line,
            booked_on=booked_on,
            value_date=value_date,
            end_to_end="" if charges else _id(element, "Refs/EndToEndId"),
            message_id=_id(element, "Refs/MsgId"),
            payment_id=_id(element, "Refs/PmtInfId"),
            bank_reference=_id(element, "Refs/AcctSvcrRef") or _id(ntry, "AcctSvcrRef"),
            reason=text(element, "RtrInf/Rsn/Cd") or text(element, "RtrInf/Rsn/Prtry"),
            returned=returned and not charges,
            reversal=text(ntry, "RvslInd") in ("true", "1"),
            charges=charges or code in _CHARGES,
            account=text(element, f"RltdPties/{owner}/Id/IBAN"),
        )

    known = [amount for amount in amounts if amount is not None]
    if known and len(known) == len(amounts):
        rest = cents - sum(known)
        lines = [
            line(detail, n, amount) for n, (detail, amount) in enumerate(zip(details, known, strict=True), 1)
        ]
        if rest == 0:
            return lines
        if rest == -sum(_charges(document, element) for element in (ntry, *details)):
            return [*lines, line(ntry, 0, rest, charges=True)]
    return [_whole(line(ntry, 0, cents), ntry, details)]


def _whole(line: Line, ntry: etree._Element, details: list[etree._Element]) -> Line:
    """An entry that stands for several payments, with what the bank says about them."""
    batches = children(ntry, "NtryDtls/Btch")
    batch = batches[0] if len(batches) == 1 else None
    ids = {
        name: {_id(detail, f"Refs/{name}") for detail in details}
        | {_id(element, name) for element in batches}
        for name in ("MsgId", "PmtInfId")
    }
    only = {name: next(iter(found - {""})) if len(found - {""}) == 1 else "" for name, found in ids.items()}
    count = text(batch, "NbOfTxs") if batch is not None else ""
    return Line(
        source=line.source,
        statement=line.statement,
        entry=line.entry,
        detail=0,
        row=line.row,
        cents=line.cents,
        booked_on=line.booked_on,
        value_date=line.value_date,
        message_id=only["MsgId"],
        payment_id=only["PmtInfId"],
        bank_reference=line.bank_reference,
        count=int(count)
        if count.isascii() and count.isdigit() and len(count) <= 15
        else len(details) or None,
        named=tuple(sorted({_id(detail, "Refs/EndToEndId") for detail in details} - {""})),
        returned=line.returned,
        reversal=line.reversal,
        charges=line.charges,
    )


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


def _id(element: etree._Element, path: str) -> str:
    found = text(element, path)
    return "" if found.upper() in NOT_PROVIDED else found
