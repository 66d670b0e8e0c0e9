"""Files of the bank as bounded, plain XML: recognised by their namespace, and hostile ones refused.

Values are read strictly: an amount is digits with at most two decimals, a day is a day. What a file lacks or
has wrong becomes a mistake with its line, and all mistakes of a file are told at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kindpakket.backoffice.bank.errors import BankFileError
from kindpakket.backoffice.mistakes import Mistake
from kindpakket.extras import extra
from kindpakket.ledger.days import AMSTERDAM

with extra("backoffice"):
    from lxml import etree

MAX_BYTES = 64 * 2**20
"""The largest file that is read; 130,000 entries as the tests write them."""
STATEMENT, INTRADAY, NOTIFICATION = "camt.053", "camt.052", "camt.054"
STATUS, PAYMENTS = "pain.002", "pain.001"
KINDS = {
    STATEMENT: "a bank statement",
    INTRADAY: "an intraday report",
    NOTIFICATION: "a debit or credit notification",
    STATUS: "a payment status report",
    PAYMENTS: "a payment file",
}
_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:((?:camt|pain)\.\d{3})\.001\.(\d{2})")
_AMOUNT = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,2})?")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_INSTANT = re.compile(r"[0-9-]{10}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_MT940 = re.compile(rb"(?:\A|\n)\s*:(?:20|25|60F|60M|61|62F|62M):")
_MT_BLOCKS = re.compile(rb"\A\s*\{1:F[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was recognised.

    Attributes:
        kind: such as `camt.053`; one of `KINDS`.
        version: the version of its schema, such as `08`.
        source: its name in errors.
        root: the element inside `Document`.
        mistakes: what was found wrong in it so far.
    """

    kind: str
    version: str
    source: str
    root: etree._Element = field(repr=False)
    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, element: etree._Element, reason: str) -> None:
        """Note a mistake; the reason quotes no account and no name."""
        self.mistakes.append(Mistake(line_of(element), reason))

    def finish(self) -> None:
        """End reading.

        Raises:
            BankFileError: something was wrong.
        """
        if self.mistakes:
            raise BankFileError(self.source, self.mistakes)

    def cents(self, element: etree._Element, path: str, currency: str = "EUR") -> int | None:
        """An amount in cents, which has to be there in that currency; None after a mistake."""
        found = child(element, path)
        if found is None:
            self.wrong(element, f"{name_of(element)} has no {path}")
            return None
        if found.get("Ccy") != currency:
            self.wrong(found, f"{path} is not in {currency}: only accounts in {currency} are read")
            return None
        written = (found.text or "").strip()
        if not _AMOUNT.fullmatch(written):
            self.wrong(found, f"{path} is not an amount: digits, and at most two decimals after a point")
            return None
        whole, _, decimals = written.partition(".")
        return int(whole) * 100 + int(decimals.ljust(2, "0"))

    def day(self, element: etree._Element, path: str) -> date | None:
        """A day, or the day in Amsterdam of an instant; None if it is not there, or after a mistake."""
        for name in ("Dt", "DtTm"):
            found = child(element, f"{path}/{name}")
            if found is not None:
                return self._day(found, path)
        found = child(element, path)
        return self._day(found, path) if found is not None and not len(found) else None

    def number(self, element: etree._Element, path: str) -> int | None:
        """A count; None if it is not there, or after a mistake."""
        written = text(element, path)
        if not written:
            return None
        if not (written.isascii() and written.isdigit() and len(written) <= 15):
            self.wrong(element, f"{path} is not a number of at most 15 digits")
            return None
        return int(written)

    def instant(self, element: etree._Element, path: str) -> datetime | None:
        """An instant; without a time zone it is in Amsterdam. None if it is not there, or after a mistake."""
        written = text(element, path)
        if not written:
            return None
        instant = _instant(written)
        if instant is None:
            self.wrong(element, f"{path} is not an instant: YYYY-MM-DDThh:mm:ss")
        return instant

    def _day(self, element: etree._Element, path: str) -> date | None:
        written = (element.text or "").strip()
        instant = _instant(written)
        if instant is not None:
            return instant.astimezone(AMSTERDAM).date()
        # A date may have a time zone too, which does not move the day: 2026-11-24+01:00.
        if plain := _DAY.fullmatch(written):
            with suppress(ValueError):
                return date.fromisoformat(plain[1])
        self.wrong(element, f"{path} is not a day: YYYY-MM-DD")
        return None


def read_document(path: Path) -> Document:
    """Recognise a file.

    Raises:
        BankFileError: it is too large, not XML, or not a file of a known kind.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    return recognise(content, str(path))


def recognise(content: bytes, source: str = "the file") -> Document:
    """Recognise the content of a file; `source` is its name in errors. Otherwise as `read_document`."""

    def refused(reason: str, line: int = 1) -> BankFileError:
        return BankFileError(source, [Mistake(line, reason)])

    if len(content) > MAX_BYTES:
        raise refused(f"the file is larger than {MAX_BYTES // 2**20} MB: ask the bank for shorter periods")
    if not content.strip():
        raise refused("the file is empty")
    if _MT_BLOCKS.match(content) or _MT940.search(content[:4096]):
        raise refused(
            "this is MT940, which is not read: it lacks ids that matching needs; ask the bank for camt.053"
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        # What the parser says may quote the text beside the fault.
        raise refused(
            "not XML that can be read: fetch the file again from the bank", error.lineno or 1
        ) from None
    except ValueError:
        raise refused("not XML that can be read: fetch the file again from the bank") from None
    described: Any = root.getroottree().docinfo
    if described.doctype or described.internalDTD is not None:
        raise refused("the file declares a document type, which a bank's file never does: do not use it")
    qualified = etree.QName(root)
    known = _NAMESPACE.fullmatch(qualified.namespace or "")
    if qualified.localname != "Document" or known is None or known[1] not in KINDS:
        kinds = ", ".join(sorted(KINDS))
        raise refused(
            f"not a file of a kind that is read ({kinds} of ISO 20022), by its namespace", line_of(root)
        )
    bodies = list(root)
    if len(bodies) != 1:
        raise refused(f"Document has {len(bodies)} elements: it must have one", line_of(root))
    own = f"{{{qualified.namespace}}}"
    stray = next((element for element in root.iter() if _is_stray(element, own)), None)
    if stray is not None:
        raise refused("an element is not of the file's namespace", line_of(stray))
    return Document(known[1], known[2], source, bodies[0])


def children(element: etree._Element, path: str) -> list[etree._Element]:
    """The elements at a path, such as `NtryDtls/TxDtls`."""
    return element.findall("/".join(f"{{*}}{name}" for name in path.split("/")))


def child(element: etree._Element, path: str) -> etree._Element | None:
    """The first of them."""
    return next(iter(children(element, path)), None)


def text(element: etree._Element, path: str) -> str:
    """The text of the first of them, without space around it; "" when there is none."""
    found = child(element, path)
    return "" if found is None else " ".join((found.text or "").split())


def line_of(element: etree._Element) -> int:
    """The line of an element in its file."""
    line: Any = element.sourceline
    return int(line or 1)


def name_of(element: etree._Element) -> str:
    """The name of an element, without its namespace."""
    return str(etree.QName(element).localname)


def each(element: etree._Element, path: str) -> Iterator[tuple[int, etree._Element]]:
    """The elements at a path with their places, from 1."""
    return enumerate(children(element, path), 1)


def _instant(written: str) -> datetime | None:
    """An instant in UTC; without a time zone it is in Amsterdam."""
    if not _INSTANT.fullmatch(written):
        return None
    try:
        instant = datetime.fromisoformat(written)
        return (instant if instant.tzinfo else instant.replace(tzinfo=AMSTERDAM)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_stray(element: etree._Element, own: str) -> bool:
    """Whether an element is of another namespace; banks may put their own below `SplmtryData`."""
    if not isinstance(element.tag, str):
        return True
    if element.tag.startswith(own):
        return False
    return not any(name_of(above) == "SplmtryData" for above in element.iterancestors())
