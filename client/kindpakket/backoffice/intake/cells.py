"""Numbers of citizens, units and texts as people and programs write them.

Each cell gives a value, or a reason that says what to do.

Nothing is guessed: what can be read in one way is read, with a notice where it was not written plainly; what
can be read in two ways, or has lost digits, is an error.
"""

from __future__ import annotations

import re

from stdnum.exceptions import ValidationError
from stdnum.nl import bsn as citizen_number

from kindpakket.backoffice.intake.findings import Reason

MAX_LENGTH = 140
"""Characters of a text, as far as the register takes them."""
MAX_UNITS = 1000

AS_TEXT = "format the column as text, enter it again and export again"
EMPTY = Reason("EMPTY", "is empty")
TOO_LONG = Reason("TOO_LONG", f"is longer than {MAX_LENGTH} characters")
ERROR_VALUE = Reason("ERROR_VALUE", "holds an error of the spreadsheet, such as #N/A: correct the formula")
BOOLEAN = Reason("BOOLEAN", f"is TRUE or FALSE, not a text: {AS_TEXT}")
TURNED_TO_DATE = Reason("TURNED_TO_DATE", f"was turned into a date by the spreadsheet: {AS_TEXT}")
SCIENTIFIC = Reason(
    "SCIENTIFIC", f"was turned into a number in scientific notation, and digits are lost: {AS_TEXT}"
)
FRACTION = Reason("FRACTION", f"was turned into a number with decimals: {AS_TEXT}")
LOST_CHARACTERS = Reason(
    "LOST_CHARACTERS", "has the sign for lost characters (U+FFFD): export the file again, as UTF-8"
)
LINE_FEED = Reason("LINE_FEED", "has a line feed, which is read as a space", "notice")
GARBLED = Reason(
    "GARBLED", "has accents that look garbled by an earlier export, as Ã« for ë: compare it", "notice"
)

BSN_INVALID = Reason("BSN_INVALID", "is not a citizen service number: nine digits that pass the eleven-test")
BSN_ZERO_ADDED = Reason("BSN_ZERO_ADDED", "had lost its leading zeros, which were added", "notice")
BSN_NUMBER = Reason(
    "BSN_NUMBER", "is a number; its nine digits are whole, but format the column as text", "notice"
)
BSN_ROUNDED = Reason(
    "BSN_ROUNDED", "is a number that ends in 000: compare it, it may have been rounded", "notice"
)
BSN_DECIMALS = Reason(
    "BSN_DECIMALS", "was written with decimals that are zero, which were left out", "notice"
)

UNITS_INVALID = Reason("UNITS_INVALID", f"is not a whole number from 1 to {MAX_UNITS}")

_NOT_TEXTS = {"d": TURNED_TO_DATE, "b": BOOLEAN}
_AROUND = " \t\r\n\v\f\u00a0\u200b\u202f\u2060\ufeff"
E_NOTATION = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+", re.ASCII)
_ID_NOTATION = re.compile(r"\d[.,]\d+[eE]\+?\d+", re.ASCII)
_ZERO_DECIMALS = re.compile(r"(\d{7,9})[.,]0+", re.ASCII)
_OTHER_DECIMALS = re.compile(r"\d{7,9}[.,]\d{1,2}|\d{7,9}[.,]\d{4,}", re.ASCII)
_BSN_DAMAGE = ((E_NOTATION, SCIENTIFIC), (_OTHER_DECIMALS, FRACTION))
_SEPARATORS = str.maketrans("", "", " .-")
_KEPT_ZEROS = re.compile(r"""(?:="(\d+)"|'(\d+))""", re.ASCII)
_BREAKS = re.compile(r"\s*[\r\n\v\f\x85\u2028\u2029]+\s*")
_MOJIBAKE = re.compile("[ÂÃÄÅ][\u0080-\u00bf\u0152-\u0178\u2018-\u2122]|â€")


def clean(text: str) -> str:
    """A cell's text without the space around it, of all kinds."""
    return text.strip(_AROUND)


def bsn(text: str, kind: str = "t") -> tuple[str, Reason | None]:
    """A citizen service number: nine digits, empty if there is an error.

    Args:
        text: the cell's text, cleaned and not empty.
        kind: the cell's kind.
    """
    digits, zero_decimals = text, False
    if not text.isdigit():  # nearly all are digits, and files are long
        kept = _KEPT_ZEROS.fullmatch(text)
        digits = kept[1] or kept[2] if kept else text
        decimals = _ZERO_DECIMALS.fullmatch(digits)
        if decimals:
            digits, zero_decimals = decimals[1], True
        damage = next((reason for form, reason in _BSN_DAMAGE if form.fullmatch(digits)), None)
        if damage is not None:
            return "", damage
        digits = digits.translate(_SEPARATORS)
    if not (digits.isascii() and 7 <= len(digits) <= 9):
        return "", BSN_INVALID
    try:
        number: str = citizen_number.validate(digits.zfill(9))
    except ValidationError:
        return "", BSN_INVALID
    return number, _written(len(digits), zero_decimals, kind, number)


def _written(digits: int, decimals: bool, kind: str, number: str) -> Reason | None:
    """How a number was written, if not as nine digits of text."""
    if digits < 9:
        return BSN_ZERO_ADDED
    if decimals:
        return BSN_DECIMALS
    if kind == "n":
        return BSN_ROUNDED if number.endswith("000") else BSN_NUMBER
    return None


def units(text: str, kind: str = "t") -> tuple[int, Reason | None]:
    """How many times the preset; 0 if there is an error. The text is cleaned and not empty."""
    del kind
    digits = re.sub(r"[.,]0+$", "", text)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9) or not 0 < int(digits) <= MAX_UNITS:
        return 0, UNITS_INVALID
    return int(digits), None


def text(text: str, kind: str = "t") -> tuple[str, Reason | None]:
    """A name or another text; empty if there is an error. The text is cleaned and not empty."""
    if kind in _NOT_TEXTS:
        return "", _NOT_TEXTS[kind]
    if len(text) > MAX_LENGTH:
        return "", TOO_LONG
    if text.isascii() and text.isprintable():
        return text, None
    if "\ufffd" in text:
        return "", LOST_CHARACTERS
    one_line = _BREAKS.sub(" ", text)
    if one_line != text:
        return one_line, LINE_FEED
    return text, (GARBLED if _MOJIBAKE.search(text) else None)


def identifier(value: str, kind: str = "t") -> tuple[str, Reason | None]:
    """A number of a case or household, or a code: as a text, but damage by a spreadsheet is an error."""
    if _ID_NOTATION.fullmatch(value):
        return "", SCIENTIFIC
    if kind == "n" and not value.isdigit():
        return "", SCIENTIFIC if "e" in value else FRACTION
    return text(value, kind)
