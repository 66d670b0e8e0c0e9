"""Amounts as text, made of whole cents and never of fractions."""

from __future__ import annotations


def decimals(cents: int, mark: str = ".") -> str:
    """An amount in euros with two decimals: `-1234` cents is `-12.34`.

    Args:
        cents: the amount in cents.
        mark: what is before the decimals, a point or a comma.
    """
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}{mark}{rest:02}"
