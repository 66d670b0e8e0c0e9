"""Reliability factors: the most errors that a sample with so many of them leaves possible.

Source: the Poisson distribution, as in the tables of the AICPA's audit guide *Audit Sampling* (95 %: 3.00,
    4.75, 6.30). Computed in decimal arithmetic, so that every machine gets the same digits.
"""

from __future__ import annotations

from decimal import ROUND_UP, Context, Decimal, localcontext
from functools import cache

_DIGITS = 40
_STEPS = 70
_SHOWN = Decimal("1e-12")


@cache
def reliability_factor(errors: int, confidence: Decimal) -> Decimal:
    """The Poisson mean at which finding no more than so many errors has the probability 1 - confidence.

    Args:
        errors: how many were found, 0 or more.
        confidence: between 0 and 1, such as `Decimal("0.95")`.

    Raises:
        ValueError: an argument is out of its range.
    """
    if errors < 0 or not 0 < confidence < 1:
        raise ValueError(f"there is no factor for {errors} errors at a confidence of {confidence}")
    with localcontext(Context(prec=_DIGITS)):
        low, high = Decimal(0), Decimal(4 * (errors + 10)) * (1 / (1 - confidence)).ln().max(1)
        for _ in range(_STEPS):
            middle = (low + high) / 2
            if _at_most(errors, middle) > 1 - confidence:
                low = middle
            else:
                high = middle
        return high.quantize(_SHOWN, rounding=ROUND_UP)


def _at_most(errors: int, mean: Decimal) -> Decimal:
    """The probability of so many errors or fewer."""
    term = total = Decimal(1)
    for count in range(1, errors + 1):
        term = term * mean / count
        total += term
    return total * (-mean).exp()
