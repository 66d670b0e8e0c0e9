"""The report of a period as JSON members: everything that its pages and sheets show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from kindpakket.auditor.legality.checks import CHECKS, Checked, Failure, check_payments
from kindpakket.auditor.legality.evidence import evidence_of, payment_members, step_members
from kindpakket.auditor.legality.facts import Facts, places_of
from kindpakket.auditor.legality.findings import Findings, OutsideFinding
from kindpakket.auditor.legality.four_eyes import pairs_in
from kindpakket.auditor.legality.judgements import Examined
from kindpakket.auditor.legality.lateness import lateness_of
from kindpakket.auditor.legality.patterns import patterns_in
from kindpakket.auditor.legality.period import Period, seed_block
from kindpakket.auditor.legality.sample import PeriodSample, percent_of
from kindpakket.auditor.legality.settings import Settings
from kindpakket.auditor.legality.sums import Sums, sums_of
from kindpakket.auditor.legality.traces import BankFiles
from kindpakket.auditor.legality.untested import not_tested
from kindpakket.auditor.sampling import Evaluation, evaluate
from kindpakket.ledger.days import day_of

FORMAT = "kindpakket-legality/1"
_OVERTAKEN = ("MVCC_READ_CONFLICT", "PHANTOM_READ_CONFLICT")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a report is made of, besides the blocks.

    Attributes:
        program: the program's version.
        settings_sha256: hash of the file of settings.
        findings: of `kindpakket audit verify`; None: none were given.
        bank: the bank's files.
        sample: the sample; None: none was drawn.
        examined: what was found out about its payments.
        checked_sha256, judgements_sha256: hashes of the files that says so; "" without one.
    """

    program: str
    settings_sha256: str = ""
    findings: Findings | None = None
    bank: BankFiles = field(default_factory=BankFiles)
    sample: PeriodSample | None = None
    examined: Examined = field(default_factory=lambda: Examined({}, {}))
    checked_sha256: str = ""
    judgements_sha256: str = ""


def legality(facts: Facts, period: Period, settings: Settings, inputs: Inputs) -> dict[str, Any]:
    """The report, as JSON members. The same facts, settings and inputs give the same members.

    Amounts are cents, instants Unix seconds.

    Raises:
        SamplingError: a judgement is not within its payment's amount.
    """
    payments = period.payments(facts)
    outside = inputs.findings.entries if inputs.findings else ()
    checked = check_payments(facts, payments, outside)
    sums = sums_of(facts, period, checked, outside, settings)
    evaluations = _evaluations(inputs, settings)
    beside = [evaluation.most_likely for evaluation in evaluations.values()] or [0, 0]
    now = max(facts.times.values(), default=0)
    block = seed_block(facts, period)
    return {
        "format": FORMAT,
        "program": inputs.program,
        "source": {
            "channel": facts.channel,
            "chaincode": facts.chaincode,
            "height": facts.height,
            "block": facts.height - 1,
            "hash": facts.head,
            "until": now,
            "flaws": list(facts.flaws),
        },
        "period": {
            "first_day": period.first_day,
            "last_day": period.last_day,
            "closed": None if block is None else asdict(block),
            "schemes": [
                {
                    "id": scheme,
                    **{name: facts.schemes[scheme][name] for name in ("name", "state", "vouchers")},
                }
                for scheme in period.schemes
            ],
        },
        "inputs": {
            "settings_sha256": inputs.settings_sha256,
            "findings_sha256": inputs.findings.sha256 if inputs.findings else "",
            "checked_sha256": inputs.checked_sha256,
            "judgements_sha256": inputs.judgements_sha256,
            "payment_files": list(inputs.bank.payment_files),
            "statements": list(inputs.bank.statements),
        },
        "settings": settings.as_json(),
        "not_tested": not_tested(
            inputs.findings,
            inputs.bank,
            sampled=inputs.sample is not None,
            hashes=bool(inputs.examined.hashes),
            judged=bool(inputs.examined.judgements),
        ),
        "sums": {**asdict(sums), "costs": sums.costs},
        "verdict": sums.verdict(*beside),
        "checks": [_check(check, checked) for check in CHECKS],
        "exceptions": [_exception(each) for each in checked if each.failures],
        "payments": [_payment(each) for each in checked],
        "elsewhere": _elsewhere(facts, checked, outside),
        "four_eyes": [asdict(pair) for pair in pairs_in(_within(facts.approvals, period), settings.signals)],
        "roles": _roles(facts),
        "organisations": [
            {"operation": operation, "about": about, "day": day_of(step.at), "person": step.person}
            for step, operation, about in facts.organisations
        ],
        "patterns": _patterns(facts, period, checked, settings),
        "late": asdict(lateness_of(checked, settings.settlement_days, now)),
        "proposals": _proposals(facts, period),
        "undone": _undone(facts, period),
        "sample": _sample(facts, checked, inputs, evaluations, sums),
    }


def _evaluations(inputs: Inputs, settings: Settings) -> dict[str, Evaluation]:
    """What the sample says of errors and of uncertainties; empty as long as nobody looked at it."""
    if inputs.sample is None or not (inputs.examined.hashes or inputs.examined.judgements):
        return {}
    sample = inputs.sample.sample
    return {
        kind: evaluate(sample, inputs.examined.wrong(sample, kind), settings.sampling.confidence)
        for kind in ("error", "uncertainty")
    }


def _check(check: str, checked: Sequence[Checked]) -> dict[str, Any]:
    results = [(each.result(check), each.payment.net) for each in checked]
    return {
        "check": check,
        **{
            kind: sum(result == kind for result, _ in results)
            for kind in ("passed", "error", "uncertainty", "later")
        },
        "error_cents": sum(cents for result, cents in results if result == "error"),
        "uncertainty_cents": sum(cents for result, cents in results if result == "uncertainty"),
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "check": failure.check,
        "kind": failure.kind,
        "reason": failure.reason,
        "values": dict(failure.values),
        "sentences": list(failure.sentences),
    }


def _exception(checked: Checked) -> dict[str, Any]:
    payment = checked.payment
    return {
        **payment_members(payment),
        "block": payment.step.block,
        "transaction": payment.step.transaction,
        "cents": payment.cents,
        "net_cents": payment.net,
        "kind": checked.kind,
        "failures": [_failure(failure) for failure in checked.failures],
    }


def _payment(checked: Checked) -> dict[str, Any]:
    payment, issue, settlement = checked.payment, checked.payment.issue, checked.settlement
    return {
        **payment_members(payment),
        "block": payment.step.block,
        "cents": payment.cents,
        "net_cents": payment.net,
        "rules_version": payment.rules_version,
        "proof": payment.proof.kind if payment.proof else "",
        "allocated_by": issue.proposed_by if issue else "",
        "allocation_approved_by": issue.approved_by if issue else "",
        "shop_approved_by": payment.shop_approved_by,
        "settlement": settlement.id if settlement else "",
        "settlement_approved_by": settlement.approved.person if settlement and settlement.approved else "",
        "settlement_exported_by": settlement.exported.person if settlement and settlement.exported else "",
        **{check: checked.result(check) for check in CHECKS},
    }


def _elsewhere(
    facts: Facts, checked: Sequence[Checked], outside: Iterable[OutsideFinding]
) -> list[dict[str, Any]]:
    """Broken rules and findings that belong to no payment of the period."""
    counted = places_of(each.payment.step for each in checked)
    of_payments = places_of(payment.step for payment in facts.payments.values())
    own = [
        {
            "block": step.block,
            "transaction": step.transaction,
            "rule": operation,
            "kind": "error",
            "cents": 0,
            "sentence": sentence,
            "by": "replay",
        }
        for step, operation, sentence in facts.broken
        if step.place not in counted
    ]
    given = [
        {**{name: value for name, value in asdict(finding).items() if name != "item"}, "by": "verification"}
        for finding in outside
        if finding.place not in of_payments or finding.kind == "note"
    ]
    return own + given


def _within(approvals: Sequence[Any], period: Period) -> list[Any]:
    """Decisions taken from the first to the last day of the period, about its schemes or about none."""
    return [
        approval
        for approval in approvals
        if period.first_day <= day_of(approval.step.at) <= period.last_day
        and approval.scheme in ("", *period.schemes)
    ]


def _roles(facts: Facts) -> list[dict[str, Any]]:
    roles: dict[str, set[str]] = {}
    for caller in facts.callers.values():
        roles.setdefault(caller.person, set()).add(caller.role)
    return [
        {
            "person": caller.person,
            "organisation": caller.mspid,
            "role": caller.role,
            "shop": caller.shop,
            "first_day": day_of(caller.first.at),
            "last_day": day_of(caller.last.at),
            "first_block": caller.first.block,
            "last_block": caller.last.block,
            "transactions": sum(caller.operations.values()),
            "operations": dict(sorted(caller.operations.items())),
            "other_roles": sorted(roles[caller.person] - {caller.role}),
        }
        for caller in sorted(
            facts.callers.values(), key=lambda one: (one.mspid, one.person, one.first.block, one.role)
        )
    ]


def _patterns(facts: Facts, period: Period, checked: Sequence[Checked], settings: Settings) -> dict[str, Any]:
    ends = {scheme: str(facts.schemes[scheme]["ends_on"]) for scheme in period.schemes}
    found = patterns_in([each.payment for each in checked], ends, settings.signals)
    return asdict(found)


def _proposals(facts: Facts, period: Period) -> list[dict[str, Any]]:
    """Proposals of the period that came to something else than an approval."""
    return [
        {**asdict(proposal), "proposed_on": day_of(proposal.proposed_at)}
        for proposal in facts.proposals
        if proposal.state != "approved"
        and period.first_day <= day_of(proposal.proposed_at) <= period.last_day
        and proposal.scheme in ("", *period.schemes)
    ]


def _undone(facts: Facts, period: Period) -> list[dict[str, Any]]:
    """Transactions of the period that were ordered without effect, added up."""
    sums: dict[tuple[str, str, str, str], list[Any]] = {}
    for undone in facts.undone:
        if period.first_day <= day_of(undone.step.at) <= period.last_day:
            key = undone.operation, undone.code, undone.mspid, undone.step.person
            sums.setdefault(key, []).append(undone)
    return [
        {
            "operation": operation,
            "code": code,
            "overtaken": code in _OVERTAKEN,
            "organisation": mspid,
            "person": person,
            "times": len(found),
            "first": step_members(found[0].step),
        }
        for (operation, code, mspid, person), found in sorted(sums.items())
    ]


def _sample(
    facts: Facts,
    checked: Sequence[Checked],
    inputs: Inputs,
    evaluations: Mapping[str, Evaluation],
    sums: Sums,
) -> dict[str, Any] | None:
    if inputs.sample is None:
        return None
    drawn, by_id = inputs.sample, {each.payment.id: each for each in checked}
    examined = inputs.examined
    items = []
    for item in drawn.sample.drawn:
        judged = examined.judgements.get(item.id)
        case, account = examined.hashes.get(item.id, ("", ""))
        items.append(
            {
                **evidence_of(facts, by_id[item.id], inputs.bank),
                "hits": item.hits,
                "certain": item.certain,
                "case": case,
                "account": account,
                "judgement": None if judged is None else asdict(judged),
            }
        )
    limits = {"error": sums.errors_limit, "uncertainty": sums.uncertainties_limit}
    known = {"error": sums.errors, "uncertainty": sums.uncertainties}
    return {
        "seed": drawn.sample.seed,
        "seed_block": asdict(drawn.seed_block),
        "number": drawn.number,
        "materiality_cents": drawn.plan.materiality,
        "expected_cents": drawn.plan.expected,
        "confidence_percent": percent_of(drawn.plan.confidence),
        "interval_cents": drawn.sample.interval,
        "population": drawn.sample.items,
        "population_cents": drawn.sample.cents,
        "certain_cents": drawn.sample.certain_cents,
        "cells": drawn.sample.cells,
        "evaluation": {
            kind: {
                **asdict(evaluation),
                "most_likely": evaluation.most_likely,
                "limit": limits[kind],
                "recomputed": known[kind],
                "within": known[kind] + evaluation.upper_limit <= limits[kind],
            }
            for kind, evaluation in evaluations.items()
        },
        "items": items,
    }
