"""Amounts in euros as people and programs write them, as cents."""

from __future__ import annotations

import re

from kindpakket.backoffice.intake.cells import E_NOTATION, SCIENTIFIC
from kindpakket.backoffice.intake.findings import Reason

AMOUNT_INVALID = Reason("AMOUNT_INVALID", "is not an amount in euros: write it as 1.234,56 or 1234.56")
AMOUNT_AMBIGUOUS = Reason(
    "AMOUNT_AMBIGUOUS", "can be thousands or decimals: write two decimals, as 1.234,56 or 1234.56"
)
AMOUNT_DECIMALS = Reason("AMOUNT_DECIMALS", "has parts of a cent: round it to two decimals")
AMOUNT_NOT_POSITIVE = Reason("AMOUNT_NOT_POSITIVE", "is not above zero")

_MOST_DIGITS = 12
_CURRENCY = re.compile(r"^(?:€|eur)\s*|\s*(?:€|eur)$", re.IGNORECASE)
_NO_CENTS = re.compile(r",[-\u2013]{1,2}$")
_NEGATIVE = re.compile(r"[-\u2212][\d.,]+|[\d.,]+[-\u2212]", re.ASCII)
_PLAIN = re.compile(r"(\d+)(?:[.,](\d{1,2}))?", re.ASCII)
_DUTCH = re.compile(r"(\d{1,3}(?:\.\d{3})+),(\d{1,2})", re.ASCII)
_MILLIONS = re.compile(r"(\d{1,3}(?:\.\d{3}){2,})()", re.ASCII)
_ENGLISH = re.compile(r"(\d{1,3}(?:,\d{3})+)\.(\d{1,2})", re.ASCII)
_AMBIGUOUS = re.compile(r"\d{1,3}[.,]\d{3}", re.ASCII)
_LONG_DECIMALS = re.compile(r"\d+[.,]\d{3,}", re.ASCII)


def cents(text: str, kind: str = "t") -> tuple[int | None, Reason | None]:
    """An amount in euros, as cents; None if there is an error.

    `1.234,56`, `1234,56`, `1,234.56`, `1234.56` and `€ 1.234,56` are the same; `1234,-` has no cents. `1.234`
    and `1,234` are errors, since they can be read in two ways; so is a part of a cent.

    Args:
        text: the cell's text, cleaned and not empty.
        kind: the cell's kind; a number has a decimal point and no thousands.
    """
    if E_NOTATION.fullmatch(text):
        return None, SCIENTIFIC
    plain = re.sub(r"\s", "", _NO_CENTS.sub(",00", _CURRENCY.sub("", text)))
    if _NEGATIVE.fullmatch(plain):
        return None, AMOUNT_NOT_POSITIVE
    forms = (_PLAIN,) if kind == "n" else (_PLAIN, _DUTCH, _MILLIONS, _ENGLISH)
    match = next((found for form in forms if (found := form.fullmatch(plain))), None)
    whole = match[1].replace(".", "").replace(",", "") if match else ""
    if match is None or len(whole) > _MOST_DIGITS:
        return None, _refusal(plain, kind)
    amount = int(whole) * 100 + int((match[2] or "").ljust(2, "0"))
    return (amount, None) if amount else (None, AMOUNT_NOT_POSITIVE)


def _refusal(plain: str, kind: str) -> Reason:
    if kind != "n" and _AMBIGUOUS.fullmatch(plain):
        return AMOUNT_AMBIGUOUS
    return AMOUNT_DECIMALS if _LONG_DECIMALS.fullmatch(plain) else AMOUNT_INVALID
