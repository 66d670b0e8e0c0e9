"""How large the cells are: from what may be wrong, what is expected to be, and how sure one wants to be."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kindpakket.auditor.sampling.errors import SamplingError
from kindpakket.auditor.sampling.factors import reliability_factor


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan for a sample.

    Attributes:
        materiality: the error, in cents, that the sample must not miss.
        expected: the error, in cents, that is expected to be there.
        confidence: how sure one wants to be, such as `Decimal("0.95")`.
    """

    materiality: int
    expected: int
    confidence: Decimal

    def __post_init__(self) -> None:
        """Check that a sample can achieve it.

        Raises:
            SamplingError: it cannot.
        """
        if self.materiality <= 0:
            raise SamplingError(f"the materiality is {self.materiality} cents: it must be above zero")
        if self.expected < 0:
            raise SamplingError(f"the expected error is {self.expected} cents: it cannot be below zero")
        if self._interval < 1:
            raise SamplingError(
                f"with {self.expected} cents of expected error, no sample can show less than "
                f"{self.materiality} cents: expect less, or raise the materiality"
            )

    @property
    def interval(self) -> int:
        """The width of a cell, in cents.

        At this width, the upper limit is the materiality if what is expected is found: the factor for no
        error covers what was not found, and the difference to that for one error each error that was. The
        AICPA's guide has an expansion factor of 1.6 at 95 % in its place; this one, 1.75, errs on the side of
        a larger sample.
        """
        return int(self._interval)

    @property
    def _interval(self) -> Fraction:
        none, one = (Fraction(reliability_factor(errors, self.confidence)) for errors in (0, 1))
        return (self.materiality - self.expected * (one - none)) / none
