"""Checks each payment: entitled, fund open, shop approved then, rules kept, paid out by two persons.

A payment is measured by what was so when it was made. What cannot be told from the blocks is an uncertainty,
and never passes for right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kindpakket.auditor.legality.facts import Facts, PaymentFact, SettlementFact
from kindpakket.auditor.legality.findings import OutsideFinding
from kindpakket.ledger.days import day_of

Kind = Literal["error", "uncertainty", "note"]
CHECKS = ("allocation", "case", "fund", "shop", "proof", "rules", "persons", "verified")
"""The checks, in the order in which a report shows them."""
_ALLOCATIONS = 3
"""The layout of the ledger from which on vouchers are issued under allocations, and two persons pay out."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that a payment did not pass.

    Attributes:
        check: the check, one of `CHECKS`.
        kind: `error`, or `uncertainty` if it cannot be told.
        reason: a code, which the languages of the report have a sentence for.
        values: what the sentence is filled with.
        sentences: the broken rules, in the replay's own words.
    """

    check: str
    kind: Kind
    reason: str
    values: Mapping[str, str]
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A payment with the checks that it did not pass, and the settlement that it is paid with, if any."""

    payment: PaymentFact
    failures: tuple[Failure, ...]
    settlement: SettlementFact | None

    @property
    def kind(self) -> Kind | None:
        """`error` if a check found one, else `uncertainty` if one is open; None if all passed."""
        kinds = {failure.kind for failure in self.failures}
        return "error" if "error" in kinds else "uncertainty" if "uncertainty" in kinds else None

    def result(self, check: str) -> str:
        """What a check says: `passed`, `error`, `uncertainty`, or `later` if it does not apply yet."""
        kinds = {failure.kind for failure in self.failures if failure.check == check}
        if check == "persons" and self.settlement is None:
            return "later"
        return "error" if "error" in kinds else "uncertainty" if kinds else "passed"


def check_payments(
    facts: Facts, payments: Sequence[PaymentFact], findings: Sequence[OutsideFinding] = ()
) -> list[Checked]:
    """Check payments.

    Args:
        facts: what is in the blocks.
        payments: the payments.
        findings: findings of a verification; one about a payment's transaction counts for the payment, one
            about an item of a batch for the payment that it is.
    """
    settlements = settlements_by_item(facts)
    outside: dict[tuple[str, int | None], list[OutsideFinding]] = {}
    for finding in findings:
        if finding.transaction and finding.kind != "note":
            outside.setdefault(finding.place, []).append(finding)
    checked = []
    for payment in payments:
        settlement = settlements.get(payment.id)
        places = dict.fromkeys((payment.step.place, (payment.step.transaction, None)))
        of_payment = [finding for place in places for finding in outside.get(place, ())]
        failures = tuple(_failures(facts, payment, settlement, of_payment))
        checked.append(Checked(payment, failures, settlement))
    return checked


def settlements_by_item(facts: Facts) -> dict[str, SettlementFact]:
    """The settlement that each item is in: the newest one that still has it."""
    given_back = ("withdrawn", "rejected", "returned", "reopened")
    return {
        item: settlement
        for settlement in facts.settlements.values()
        if settlement.state not in given_back
        for item in settlement.items
    }


def _failures(
    facts: Facts,
    payment: PaymentFact,
    settlement: SettlementFact | None,
    outside: Sequence[OutsideFinding],
) -> Iterator[Failure]:
    own = [*_allocation(payment), *_case(facts, payment), *_fund(payment), *_shop(payment), *_proof(payment)]
    yield from own
    if payment.broken and not any(failure.check in ("fund", "shop", "proof") for failure in own):
        yield Failure("rules", "error", "rules-broken", {"count": str(len(payment.broken))}, payment.broken)
    if settlement is not None:
        yield from _persons(settlement)
    for finding in outside:
        kind: Kind = "error" if finding.kind == "error" else "uncertainty"
        values = {"rule": finding.rule, "block": str(payment.step.block)}
        yield Failure("verified", kind, "verification-found", values, (finding.sentence,))


def _allocation(payment: PaymentFact) -> Iterator[Failure]:
    issue = payment.issue
    if issue is None:
        yield Failure("allocation", "error", "never-issued", {"voucher": payment.voucher})
        return
    values = {"voucher": payment.voucher, "person": issue.step.person, "first": issue.proposed_by}
    if not issue.allocation:
        kind: Kind = "error" if payment.layout >= _ALLOCATIONS and issue.broken else "uncertainty"
        yield Failure("allocation", kind, "no-allocation", values, issue.broken)
    elif not issue.approved_by or issue.approved_by == issue.proposed_by:
        yield Failure("allocation", "error", "allocation-by-one", values, issue.broken)
    elif issue.broken:
        yield Failure("allocation", "error", "issue-broken", values, issue.broken)
    elif payment.activated_by == issue.step.person:
        yield Failure("allocation", "error", "activated-by-issuer", values)


def _case(facts: Facts, payment: PaymentFact) -> Iterator[Failure]:
    if payment.case_hash is None:
        kind: Kind = "error" if facts.private_seen else "uncertainty"
        reason = "no-case" if facts.private_seen else "cases-not-seen"
        yield Failure("case", kind, reason, {"voucher": payment.voucher})


def _fund(payment: PaymentFact) -> Iterator[Failure]:
    captured = payment.operation != "payment:Pay"
    if payment.scheme_state not in (("open", "closed") if captured else ("open",)):
        yield Failure("fund", "error", "fund-state", {"state": payment.scheme_state}, payment.broken)
    day = day_of(payment.step.at)
    if day < payment.starts_on:
        yield Failure(
            "fund", "error", "fund-early", {"day": day, "starts": payment.starts_on}, payment.broken
        )


def _shop(payment: PaymentFact) -> Iterator[Failure]:
    if payment.shop_state != "approved":
        yield Failure("shop", "error", "shop-state", {"state": payment.shop_state}, payment.broken)
    if payment.hold:
        return  # what it may sell is looked at when it holds
    day = day_of(payment.step.at)
    for category, since in sorted(payment.granted.items()):
        if since is None or since > day:
            values = {"category": category, "since": since or "-", "day": day}
            yield Failure("shop", "error", "shop-category", values, payment.broken)


def _proof(payment: PaymentFact) -> Iterator[Failure]:
    if payment.proof is None:
        yield Failure("proof", "error", "no-proof", {})
    elif payment.proof.error:
        yield Failure("proof", "error", "proof-invalid", {}, (payment.proof.error,))


def _persons(settlement: SettlementFact) -> Iterator[Failure]:
    approved, exported = settlement.approved, settlement.exported
    values = {"settlement": settlement.id}
    alone = approved is not None and approved.person == settlement.drafted.person
    if alone or settlement.broken:
        yield Failure("persons", "error", "settlement-broken", values, tuple(settlement.broken))
    elif exported is not None and approved is not None and exported.person == approved.person:
        kind: Kind = "error" if settlement.layout >= _ALLOCATIONS else "uncertainty"
        yield Failure("persons", kind, "exported-by-approver", {**values, "person": exported.person})
