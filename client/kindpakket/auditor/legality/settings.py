"""Tolerances and norms: what the council decided, and what the auditor looks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Signals:
    """From where on something is worth a look; none of these is an error by itself.

    Attributes:
        shop_share_percent: a shop's share of the costs.
        same_pair_percent: the share of one pair of persons in decisions of a kind.
        same_pair_least: from how many decisions of a kind that share is looked at.
        busy_minutes, busy_payments: so many payments at one shop within so many minutes.
        night_from, night_to: hours in Amsterdam between which few shops are open; the second is not included.
        round_cents: an amount that is a multiple of this is round.
        round_percent: the share of round amounts at a shop.
        last_days: how many days before the end of a scheme are looked at apart.
        least: from how many payments a shop's shares are looked at.
    """

    shop_share_percent: Decimal = Decimal(40)
    same_pair_percent: Decimal = Decimal(80)
    same_pair_least: int = 10
    busy_minutes: int = 10
    busy_payments: int = 10
    night_from: int = 0
    night_to: int = 6
    round_cents: int = 500
    round_percent: Decimal = Decimal(50)
    last_days: int = 14
    least: int = 10


@dataclass(frozen=True, slots=True)
class Sampling:
    """What a sample must achieve, in percent of what is sampled.

    Attributes:
        confidence_percent: how sure one wants to be.
        materiality_percent: the error that must not be missed; None: that which the council tolerates.
        expected_percent: the error that is expected.
        number_commitment: the commitment to the auditor's own number, filed before the period closed; "" if
            there is none.
    """

    confidence_percent: Decimal = Decimal(95)
    materiality_percent: Decimal | None = None
    expected_percent: Decimal = Decimal(0)
    number_commitment: str = ""

    @property
    def confidence(self) -> Decimal:
        """Between 0 and 1."""
        return self.confidence_percent / _HUNDRED


@dataclass(frozen=True, slots=True)
class Settings:
    """What a report is measured against.

    Attributes:
        decision: the council's decision that set the limits, as it is to be quoted.
        errors_percent: the errors that it tolerates, in percent of the costs.
        uncertainties_percent: the uncertainties that it tolerates, in percent of the costs.
        settlement_days: within how many days a shop is to be paid.
        signals: what is worth a look.
        sampling: what the sample must achieve.
    """

    decision: str
    errors_percent: Decimal
    uncertainties_percent: Decimal
    settlement_days: int = 30
    signals: Signals = field(default_factory=Signals)
    sampling: Sampling = field(default_factory=Sampling)

    @property
    def materiality_percent(self) -> Decimal:
        """The error that the sample must not miss, in percent."""
        given = self.sampling.materiality_percent
        return self.errors_percent if given is None else given

    def as_json(self) -> dict[str, object]:
        """The settings; percentages as text, so that they stay what was written."""
        signals = {name: _plain(getattr(self.signals, name)) for name in Signals.__dataclass_fields__}
        return {
            "decision": self.decision,
            "errors_percent": str(self.errors_percent),
            "uncertainties_percent": str(self.uncertainties_percent),
            "settlement_days": self.settlement_days,
            "signals": signals,
            "sampling": {
                "confidence_percent": str(self.sampling.confidence_percent),
                "materiality_percent": str(self.materiality_percent),
                "expected_percent": str(self.sampling.expected_percent),
                "number_commitment": self.sampling.number_commitment,
            },
        }


def share_of(cents: int, percent: Decimal) -> int:
    """So many percent of an amount, in whole cents, rounded down."""
    return int(cents * percent / _HUNDRED)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value
