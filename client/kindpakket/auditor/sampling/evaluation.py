"""What a sample says about everything: the error that is most likely, and the most that it can be.

Source: the Stringer bound with reliability factors of the Poisson distribution, as in the AICPA's audit guide
*Audit Sampling*: basic precision, plus each found error at its factor's increment, the largest tainting
first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from kindpakket.auditor.sampling.drawing import Sample
from kindpakket.auditor.sampling.errors import SamplingError
from kindpakket.auditor.sampling.factors import reliability_factor


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The evaluation of a sample, in cents.

    Attributes:
        known: the error in items that are certain, which nothing has to be projected from.
        projected: the error of the other items, projected from those that were drawn.
        basic_precision: what may be there although nothing was found.
        incremental: what the errors that were found add to it, beyond their projection.
        upper_limit: the most that the error is, with the confidence that was asked for.
    """

    known: int
    projected: int
    basic_precision: int
    incremental: int
    upper_limit: int

    @property
    def most_likely(self) -> int:
        """The error that is most likely, in cents."""
        return self.known + self.projected


def evaluate(sample: Sample, errors: Mapping[str, int], confidence: Decimal) -> Evaluation:
    """Evaluate a sample whose items have all been looked at.

    Args:
        sample: the sample.
        errors: maps an item of the sample to the cents that are wrong, from 0 to its amount; items that are
            left out are right.
        confidence: such as `Decimal("0.95")`.

    Raises:
        SamplingError: an item is not in the sample, or its error is not within its amount.
    """
    drawn = {item.id: item for item in sample.drawn}
    for item, cents in errors.items():
        if item not in drawn:
            raise SamplingError(f"payment {item} is not in the sample: leave it out")
        if not 0 <= cents <= drawn[item].cents:
            raise SamplingError(
                f"payment {item} has {cents} cents wrong: it must be 0 to {drawn[item].cents}, its amount"
            )
    known = sum(cents for item, cents in errors.items() if drawn[item].certain)
    taintings = sorted(
        (
            Fraction(cents, drawn[item].cents)
            for item, cents in errors.items()
            for _ in range(drawn[item].hits)
            if cents
        ),
        reverse=True,
    )
    factors = [Fraction(reliability_factor(count, confidence)) for count in range(len(taintings) + 1)]
    projected = sum(taintings, Fraction()) * sample.interval
    basic = factors[0] * sample.interval if sample.sampled_cents else Fraction()
    widening = Fraction()
    for count, tainting in enumerate(taintings, 1):
        widening += (factors[count] - factors[count - 1] - 1) * tainting * sample.interval
    most = min(ceil(projected + basic + widening), sample.sampled_cents)
    return Evaluation(
        known=known,
        projected=min(round(projected), sample.sampled_cents),
        basic_precision=ceil(basic),
        incremental=ceil(widening),
        upper_limit=known + most,
    )
