"""The books as XML Auditfile Financieel (XAF), the Dutch audit file: version 4.0, or 3.2.

Both are written against the schemas that their publishers have; tests validate what is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from typing import Literal
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from kindpakket.backoffice.books.amounts import decimals
from kindpakket.backoffice.books.balance import BalanceLine, trial_balance
from kindpakket.backoffice.books.books import Books
from kindpakket.backoffice.books.chart import (
    JOURNALS,
    OFF_BALANCE,
    Account,
    Company,
    JournalName,
)
from kindpakket.backoffice.books.entries import Entry, EntryLine
from kindpakket.backoffice.books.errors import BooksError
from kindpakket.backoffice.books.periods import Span, last_day

Version = Literal["4.0", "3.2"]
VERSIONS: tuple[Version, ...] = ("4.0", "3.2")
NAMESPACES: dict[Version, str] = {
    "4.0": "http://www.odb.belastingdienst.nl/Belastingdienst/BCPP/1.1/structures/XmlauditfileXAF_4.0",
    "3.2": "http://www.auditfiles.nl/XAF/3.2",
}
"""The namespace of each version."""
_TYPES: dict[JournalName, str] = {"commitments": "Z", "costs": "P", "bank": "B", "general": "M"}
_NONE: AttributesImpl[str] = AttributesImpl({})
_COST_CENTRE = "02"
_PROGRAM = "Kindpakket"
_Members = list[tuple[str, object]]


def to_xaf(
    books: Books, span: Span, *, xaf: Version = "4.0", scheme: str = "", commitments: bool = False
) -> bytes:
    """Write an audit file.

    Args:
        books: the books.
        span: the periods: from January, of one year.
        xaf: the version.
        scheme: id of the only scheme that counts; "": all.
        commitments: also write what is off the balance sheet; an audit file of the general ledger has no such
            accounts, and their debits and credits cancel each other.

    Raises:
        BooksError: the periods are not the beginning of one year, or the mapping does not name the company.
    """
    if not span.year or not span.first.endswith("-01"):
        raise BooksError(f"an audit file begins with a year: give 2026 or 2026-01:2026-06, not {span}")
    company = books.charts.newest.company
    if company is None:
        raise BooksError("the mapping has no company: an audit file needs its name and tax_number")
    entries = [
        entry
        for entry in books.of(span, scheme)
        if commitments or not any(line.role in OFF_BALANCE for line in entry.lines)
    ]
    balance = [line for line in trial_balance(books, span, scheme) if commitments or not line.off_balance]
    return _Writer(books, span, xaf, company, entries, balance).content()


@dataclass(frozen=True, slots=True)
class _Writer:
    books: Books
    span: Span
    xaf: Version
    company: Company
    entries: Sequence[Entry]
    balance: Sequence[BalanceLine]

    def content(self) -> bytes:
        content = BytesIO()
        file = XMLGenerator(content, "utf-8")
        file.startDocument()
        where = self.books.position
        stamp = ("channel", where.channel), ("block", where.block), ("block_hash", where.block_hash)
        file.processingInstruction("kindpakket", " ".join(f'{name}="{value}"' for name, value in stamp))
        file.startElement("auditfile", AttributesImpl({"xmlns": NAMESPACES[self.xaf]}))
        _write(file, "header", self._header())
        file.startElement("company", _NONE)
        for name, value in self._company():
            _write(file, name, value)
        file.startElement("transactions", _NONE)
        self._write_transactions(file)
        for name in ("transactions", "company", "auditfile"):
            file.endElement(name)
        file.endDocument()
        return content.getvalue() + b"\n"

    def _header(self) -> _Members:
        return [
            ("fiscalYear", self.span.year),
            ("startDate", f"{self.span.first}-01"),
            ("endDate", last_day(self.span.last)),
            ("curCode", "EUR"),
            # The day up to which the books are made up: the same books give the same bytes.
            ("dateCreated", self.books.through or f"{self.span.first}-01"),
            ("softwareDesc", _PROGRAM),
            ("softwareVersion", version("kindpakket")[:20]),
        ]

    def _company(self) -> _Members:
        register = "Commercenr" if self.xaf == "4.0" else "companyIdent"
        members: list[tuple[str, object]] = []
        if self.company.trade_register:
            members.append((register, self.company.trade_register))
        members += [
            ("companyName", self.company.name),
            ("taxRegistrationCountry", "NL"),
            ("taxRegIdent", self.company.tax_number),
        ]
        parties = sorted({line.party for entry in self.entries for line in entry.lines if line.party})
        if parties:
            members.append(
                (
                    "customersSuppliers",
                    [("customerSupplier", [("custSupID", party), ("custSupTp", "S")]) for party in parties],
                )
            )
        accounts = list(self._accounts())
        if accounts:
            members.append(("generalLedger", [*accounts, *self._cost_centres()]))
        members += [("periods", list(self._periods())), ("openingBalance", self._opening())]
        return members

    def _accounts(self) -> Iterator[tuple[str, object]]:
        found: dict[str, tuple[Account, bool]] = {
            line.account.code: (line.account, line.is_cost) for line in self.balance
        }
        for code in sorted(found):
            account, is_cost = found[code]
            members = [("accID", code), ("accDesc", account.name), ("accTp", "P" if is_cost else "B")]
            if account.rgs and self.xaf == "4.0":
                members.append(("RGScode", account.rgs))
            elif account.rgs:
                members += [("leadCode", account.rgs), ("leadReference", "RGS")]
            yield "ledgerAccount", members

    def _cost_centres(self) -> _Members:
        centres = sorted({line.cost_centre for entry in self.entries for line in entry.lines} - {""})
        if not centres or self.xaf == "4.0":
            return []
        basics = [
            (
                "basic",
                [("basicType", _COST_CENTRE), ("basicID", centre), ("basicDesc", f"Cost centre {centre}")],
            )
            for centre in centres
        ]
        return [("basics", basics)]

    def _periods(self) -> Iterator[tuple[str, object]]:
        for number, period in enumerate(self.span.periods(), 1):
            dates = [("startDatePeriod", f"{period}-01"), ("endDatePeriod", last_day(period))]
            described = [("periodDesc", period)] if self.xaf == "3.2" else []
            yield "period", [("periodNumber", number), *described, *dates]

    def _opening(self) -> _Members:
        lines = [line for line in self.balance if line.opening]
        members: list[tuple[str, object]] = (
            [("opBalDate", f"{self.span.first}-01")] if self.xaf == "3.2" else []
        )
        members += _totals(
            len(lines),
            sum(line.opening for line in lines if line.opening > 0),
            -sum(line.opening for line in lines if line.opening < 0),
        )
        members += [
            (
                "obLine",
                [
                    ("nr", number),
                    ("accID", line.account.code),
                    ("amnt", decimals(abs(line.opening))),
                    ("amntTp", "D" if line.opening > 0 else "C"),
                ],
            )
            for number, line in enumerate(lines, 1)
        ]
        return members

    def _write_transactions(self, file: XMLGenerator) -> None:
        for name, value in _totals(
            sum(len(entry.lines) for entry in self.entries),
            sum(entry.debit for entry in self.entries),
            sum(entry.credit for entry in self.entries),
        ):
            _write(file, name, value)
        for name in JOURNALS:
            journal = self.books.charts.newest.journals[name]
            entries = [entry for entry in self.entries if entry.journal == journal]
            if not entries:
                continue
            file.startElement("journal", _NONE)
            _write(file, "jrnID", journal.code)
            _write(file, "desc", journal.name)
            _write(file, "jrnTp", _TYPES[name])
            if name == "bank":
                _write(file, "offsetAccID", self.books.charts.newest.accounts["bank"].code)
            for entry in entries:
                file.ignorableWhitespace("\n")
                _write(file, "transaction", self._transaction(entry))
            file.endElement("journal")

    def _transaction(self, entry: Entry) -> _Members:
        return [
            ("nr", entry.number),
            ("desc", entry.description),
            ("periodNumber", int(entry.period[5:])),
            ("trDt", entry.day),
            *(("trLine", self._line(entry, number, line)) for number, line in enumerate(entry.lines, 1)),
        ]

    def _line(self, entry: Entry, number: int, line: EntryLine) -> _Members:
        members: list[tuple[str, object]] = [
            ("nr", number),
            ("accID", line.account.code),
            ("docRef", entry.reference or entry.number),
            ("effDate", entry.day),
            ("desc", entry.description),
            ("amnt", decimals(line.debit or line.credit)),
            ("amntTp", "D" if line.debit else "C"),
        ]
        if line.party:
            members.append(("custSupID", line.party))
        if line.cost_centre:
            members.append(("cost" if self.xaf == "4.0" else "costID", line.cost_centre))
        return members


def _write(file: XMLGenerator, name: str, value: object) -> None:
    """Write an element with a text, or with the elements of a list."""
    file.startElement(name, _NONE)
    if isinstance(value, list):
        for below, its in value:
            _write(file, below, its)
    else:
        file.characters(str(value))
    file.endElement(name)


def _totals(lines: int, debit: int, credit: int) -> _Members:
    return [("linesCount", lines), ("totalDebit", decimals(debit)), ("totalCredit", decimals(credit))]
