"""The sample of a period: planned by the settings, seeded by the block after the period closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kindpakket.auditor.legality.errors import LegalityError
from kindpakket.auditor.legality.facts import Facts, PaymentFact
from kindpakket.auditor.legality.period import Period, SeedBlock, not_closed, seed_block
from kindpakket.auditor.legality.settings import Settings, share_of
from kindpakket.auditor.sampling import Item, Plan, Sample, commitment_of, draw, seed_of
from kindpakket.ledger.domain import Domain


@dataclass(frozen=True, slots=True)
class PeriodSample:
    """A sample of a period, and everything by which a checker draws it again.

    Attributes:
        plan: what it must achieve.
        seed_block: the block whose hash seeds it.
        number: the auditor's own number; "" if there is none.
        sample: the sample.
    """

    plan: Plan
    seed_block: SeedBlock
    number: str
    sample: Sample


def sample_of(facts: Facts, period: Period, settings: Settings, number: str = "") -> PeriodSample:
    """Draw the sample of a period.

    Args:
        facts: what is in the blocks.
        period: the period, which must be closed.
        settings: materiality, expected error and confidence, and the commitment to the auditor's number.
        number: the auditor's own number.

    Raises:
        LegalityError: the period is not closed, there is nothing to sample, or the number is not the one that
            was committed to.
        SamplingError: no sample can achieve what is asked for.
    """
    sampling = settings.sampling
    if commitment_of(number) != sampling.number_commitment:
        raise LegalityError(_about_number(number, sampling.number_commitment))
    items = sampled_payments(period.payments(facts))
    cents = sum(payment.cents for payment in items)
    if not cents:
        raise LegalityError("there is nothing to sample: the period has no payments")
    plan = Plan(
        materiality=share_of(cents, settings.materiality_percent),
        expected=share_of(cents, sampling.expected_percent),
        confidence=sampling.confidence,
    )
    return drawn_by(facts, period, plan, number)


def drawn_by(facts: Facts, period: Period, plan: Plan, number: str) -> PeriodSample:
    """Draw the sample of a period by a plan.

    Raises:
        LegalityError: the period is not closed.
        SamplingError: the number has another form than it must.
    """
    block = seed_block(facts, period)
    if block is None:
        raise LegalityError(_why_open(facts, period))
    domain = Domain(facts.channel, facts.chaincode)
    seed = seed_of(domain, period.first_day, period.last_day, period.schemes, block.hash, number)
    items = [Item(payment.id, payment.cents) for payment in sampled_payments(period.payments(facts))]
    return PeriodSample(plan, block, number, draw(items, plan.interval, seed))


def sampled_payments(payments: Sequence[PaymentFact]) -> list[PaymentFact]:
    """What is sampled: payments at their full amount, without those that were cancelled."""
    return [payment for payment in payments if not payment.cancelled and payment.cents > 0]


def plan_of(materiality: int, expected: int, confidence_percent: str) -> Plan:
    """A plan from what a request names."""
    return Plan(materiality, expected, Decimal(confidence_percent) / 100)


def percent_of(confidence: Decimal) -> str:
    """A confidence as a percentage: `95`."""
    return format((confidence * 100).normalize(), "f")


def _why_open(facts: Facts, period: Period) -> str:
    schemes = not_closed(facts, period)
    if not schemes:
        return "there is no block yet after the one with which the period closed: wait for the next one"
    return (
        f"the period is not closed: scheme {schemes[0]} can still book payments on {period.last_day}; "
        "the municipality closes days with kindpakket scheme close-past-days"
    )


def _about_number(number: str, commitment: str) -> str:
    if not commitment:
        return "the settings commit to no number of the auditor: leave the number out"
    if not number:
        return "the settings commit to a number of the auditor: give it with --number"
    return "this number is not the one that the settings commit to: its SHA-256 is another"
