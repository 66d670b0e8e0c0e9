"""Files as a bank sends them, written by hand for tests and valid against ISO's schemas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from iso20022 import schema
from lxml import etree

from kindpakket.backoffice.sepa import CreditTransfer, Debtor, PaymentFile, payment_file

ACCOUNT = "NL91ABNA0417164300"
DEBTOR = Debtor("Gemeente Zuidhorn", ACCOUNT, "ABNANL2A")
SHOPS = ("NL20INGB0001234567", "NL02ABNA0123456789", "NL44RABO0123456789")
DAY = date(2026, 11, 25)


def settlement(number: int) -> str:
    """An id as the ledger makes them."""
    return f"{number:032x}"


def payments(
    cents: Sequence[int], *, first: int = 1, execution_date: date = DAY, layout: int = 2
) -> PaymentFile:
    """A payment file of settlements with these amounts."""
    transfers = [
        CreditTransfer(
            settlement(number), "Café 't Hoekje & Zn.", SHOPS[number % len(SHOPS)], amount, "Kindpakket"
        )
        for number, amount in enumerate(cents, first)
    ]
    return payment_file(
        DEBTOR,
        transfers,
        created_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
        execution_date=execution_date,
        layout=layout,
    )


@dataclass(frozen=True)
class Detail:
    """A `TxDtls`; without cents it has no amount."""

    cents: int | None = None
    end_to_end: str = ""
    payment_id: str = ""
    message_id: str = ""
    account: str = ""
    reason: str = ""
    charges: int = 0


@dataclass(frozen=True)
class Entry:
    """A `Ntry`; cents below zero are a debit."""

    cents: int
    details: Sequence[Detail] = ()
    reference: str = ""
    status: str = "BOOK"
    booked_on: str = "2026-11-25"
    value_date: str = "2026-11-25"
    reversal: bool = False
    family: str = ""
    batch: tuple[str, str, int] | None = None


@dataclass(frozen=True)
class Page:
    """A `Stmt`."""

    entries: Sequence[Entry]
    opening: int = 1_000_000
    closing: int | None = None
    number: int | None = 1
    id: str = "S1"
    account: str = ACCOUNT
    day: str = "2026-11-25"
    opened_on: str = "2026-11-24"
    currency: str = "EUR"
    codes: tuple[str, str] = field(default=("OPBD", "CLBD"))


def amount(cents: int) -> str:
    return f"{abs(cents) // 100}.{abs(cents) % 100:02}"


def side(cents: int) -> str:
    return f"<CdtDbtInd>{'CRDT' if cents >= 0 else 'DBIT'}</CdtDbtInd>"


def tag(name: str, text: object) -> str:
    return f"<{name}>{text}</{name}>" if text not in ("", None) else ""


def camt053(*pages: Page, version: str = "08") -> bytes:
    """A statement file."""
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    statements = "\n".join(_page(page, version) for page in pages)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{namespace}"><BkToCstmrStmt>'
        "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-25T23:00:00+01:00</CreDtTm></GrpHdr>\n"
        f"{statements}\n</BkToCstmrStmt></Document>"
    ).encode()


def _page(page: Page, version: str) -> str:
    total = sum(entry.cents for entry in page.entries if entry.status == "BOOK")
    closing = page.opening + total if page.closing is None else page.closing
    return (
        f"<Stmt>{tag('Id', page.id)}{tag('ElctrncSeqNb', page.number)}"
        "<CreDtTm>2026-11-25T22:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{page.account}</IBAN></Id>{tag('Ccy', page.currency)}</Acct>\n"
        + _balance(page.codes[0], page.opening, page.opened_on, page.currency)
        + _balance(page.codes[1], closing, page.day, page.currency)
        + "\n".join(_entry(entry, version, page.currency) for entry in page.entries)
        + "</Stmt>"
    )


def _balance(code: str, cents: int, day: str, currency: str) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount(cents)}</Amt>'
        f"{side(cents)}<Dt><Dt>{day}</Dt></Dt></Bal>\n"
    )


def _entry(entry: Entry, version: str, currency: str) -> str:
    status = entry.status if version == "02" else f"<Cd>{entry.status}</Cd>"
    code = (
        f"<Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>{entry.family or 'ESCT'}</SubFmlyCd></Fmly></Domn>"
    )
    batch = ""
    if entry.batch is not None:
        message_id, payment_id, count = entry.batch
        batch = f"<Btch>{tag('MsgId', message_id)}{tag('PmtInfId', payment_id)}{tag('NbOfTxs', count)}</Btch>"
    details = "".join(_detail(detail, entry, version, currency) for detail in entry.details)
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount(entry.cents)}</Amt>{side(entry.cents)}'
        + ("<RvslInd>true</RvslInd>" if entry.reversal else "")
        + f"<Sts>{status}</Sts><BookgDt><Dt>{entry.booked_on}</Dt></BookgDt>"
        f"<ValDt><Dt>{entry.value_date}</Dt></ValDt>{tag('AcctSvcrRef', entry.reference)}"
        f"<BkTxCd>{code}</BkTxCd>{tag('NtryDtls', batch + details)}</Ntry>"
    )


def _detail(detail: Detail, entry: Entry, version: str, currency: str) -> str:
    references = (
        tag("MsgId", detail.message_id)
        + tag("PmtInfId", detail.payment_id)
        + tag("EndToEndId", detail.end_to_end)
    )
    money = ""
    if detail.cents is not None:
        plain = f'<Amt Ccy="{currency}">{amount(detail.cents)}</Amt>'
        money = (
            f"<AmtDtls><TxAmt>{plain}</TxAmt></AmtDtls>" if version == "02" else f"{plain}{side(entry.cents)}"
        )
    charges = ""
    if detail.charges:
        record = f'<Amt Ccy="{currency}">{amount(detail.charges)}</Amt><CdtDbtInd>DBIT</CdtDbtInd>'
        charges = f"<Chrgs>{record}</Chrgs>" if version == "02" else f"<Chrgs><Rcrd>{record}</Rcrd></Chrgs>"
    owner = "CdtrAcct" if entry.cents < 0 else "DbtrAcct"
    party = (
        f"<RltdPties><{owner}><Id><IBAN>{detail.account}</IBAN></Id></{owner}></RltdPties>"
        if detail.account
        else ""
    )
    reason = f"<RtrInf><Rsn><Cd>{detail.reason}</Cd></Rsn></RtrInf>" if detail.reason else ""
    return f"<TxDtls>{tag('Refs', references)}{money}{charges}{party}{reason}</TxDtls>"


def pain002(
    message_id: str,
    *,
    file: str = "",
    group: tuple[str, str] | None = None,
    payments: Sequence[tuple[str, str, str]] = (),
    created_at: str = "2026-11-25T08:00:00",
    reason: str = "",
    version: str = "03",
) -> bytes:
    """A status report.

    Args:
        message_id: of the payment file.
        file: status of the whole file.
        group: PmtInfId and status of the group.
        payments: settlement, status, and reason.
        created_at: when.
        reason: of the file's or the group's status.
        version: of the schema.
    """
    namespace = f"urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}"

    def why(code: str) -> str:
        return f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else ""

    transactions = "\n".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{settlement}</OrgnlEndToEndId><TxSts>{status}</TxSts>{why(code)}"
        "</TxInfAndSts>"
        for settlement, status, code in payments
    )
    groups = ""
    if group or payments:
        payment_id, status = group or (f"{message_id}-1", "")
        groups = (
            f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{payment_id}</OrgnlPmtInfId>{tag('PmtInfSts', status)}"
            f"{why(reason) if group else ''}{transactions}</OrgnlPmtInfAndSts>"
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{namespace}"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>R1</MsgId><CreDtTm>{created_at}</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId>"
        "<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
        f"{tag('GrpSts', file)}{why(reason) if file else ''}</OrgnlGrpInfAndSts>\n{groups}"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


def validate(content: bytes) -> None:
    """Check that a file is valid against ISO's schema of its namespace."""
    root = etree.fromstring(content)
    name = str(etree.QName(root).namespace).rpartition(":")[2]
    schema(name).assertValid(root)
