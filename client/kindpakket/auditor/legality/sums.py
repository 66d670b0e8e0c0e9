"""Adds up costs, errors and uncertainties, and measures them against what the council tolerates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kindpakket.auditor.legality.checks import Checked
from kindpakket.auditor.legality.facts import Facts, places_of
from kindpakket.auditor.legality.findings import OutsideFinding
from kindpakket.auditor.legality.period import Period
from kindpakket.auditor.legality.settings import Settings, share_of

Verdict = Literal["within", "errors", "uncertainties", "both"]


@dataclass(frozen=True, slots=True)
class Sums:
    """What a period cost, and what of it is wrong or uncertain; in cents.

    A payment counts once: as an error if any check found one, else as an uncertainty if any is open, with
        what is left of it after refunds. Errors and uncertainties are never set off against each other.

    Attributes:
        payments: number of payments, cancelled ones included.
        gross: their sum.
        cancelled: what of it was cancelled.
        refunded: refunds that were booked in the period, also of earlier payments.
        wrong_payments, uncertain_payments: how many payments count as errors and as uncertainties.
        errors, uncertainties: their sums, with those of findings that belong to no payment.
        errors_elsewhere, uncertainties_elsewhere: these findings' part of it.
        errors_limit, uncertainties_limit: what the council tolerates.
    """

    payments: int
    gross: int
    cancelled: int
    refunded: int
    wrong_payments: int
    uncertain_payments: int
    errors: int
    uncertainties: int
    errors_elsewhere: int
    uncertainties_elsewhere: int
    errors_limit: int
    uncertainties_limit: int

    @property
    def costs(self) -> int:
        """What the period cost: payments less cancellations and refunds."""
        return self.gross - self.cancelled - self.refunded

    def verdict(self, errors_beside: int = 0, uncertainties_beside: int = 0) -> Verdict:
        """What the sums say, with what a sample lets expect beside them."""
        wrong = self.errors + errors_beside > self.errors_limit
        open_ = self.uncertainties + uncertainties_beside > self.uncertainties_limit
        return "both" if wrong and open_ else "errors" if wrong else "uncertainties" if open_ else "within"


def sums_of(
    facts: Facts,
    period: Period,
    checked: Sequence[Checked],
    findings: Sequence[OutsideFinding],
    settings: Settings,
) -> Sums:
    """Add up the payments of a period and the findings that belong to no payment of the ledger."""
    gross = sum(each.payment.cents for each in checked)
    cancelled = sum(each.payment.cents for each in checked if each.payment.cancelled)
    refunded = sum(cents for scheme, _, day, cents in facts.refunds.values() if period.has(scheme, day))
    of_payments = places_of(payment.step for payment in facts.payments.values())
    elsewhere = [finding for finding in findings if finding.place not in of_payments]
    wrong = [each.payment.net for each in checked if each.kind == "error"]
    uncertain = [each.payment.net for each in checked if each.kind == "uncertainty"]
    wrong_elsewhere = sum(finding.cents for finding in elsewhere if finding.kind == "error")
    uncertain_elsewhere = sum(finding.cents for finding in elsewhere if finding.kind == "uncertainty")
    costs = max(gross - cancelled - refunded, 0)
    return Sums(
        payments=len(checked),
        gross=gross,
        cancelled=cancelled,
        refunded=refunded,
        wrong_payments=len(wrong),
        uncertain_payments=len(uncertain),
        errors=sum(wrong) + wrong_elsewhere,
        uncertainties=sum(uncertain) + uncertain_elsewhere,
        errors_elsewhere=wrong_elsewhere,
        uncertainties_elsewhere=uncertain_elsewhere,
        errors_limit=share_of(costs, settings.errors_percent),
        uncertainties_limit=share_of(costs, settings.uncertainties_percent),
    )
