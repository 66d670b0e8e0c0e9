"""One payment of a sample with everything that speaks for it: proof, rules, persons, settlement, bank."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kindpakket.auditor.legality.checks import CHECKS, Checked
from kindpakket.auditor.legality.facts import Facts, PaymentFact, SettlementFact, Step
from kindpakket.auditor.legality.traces import BankFiles, BankTrace


def evidence_of(facts: Facts, checked: Checked, bank: BankFiles) -> dict[str, Any]:
    """The evidence of a payment, as JSON members.

    Args:
        facts: what is in the blocks.
        checked: the payment, with its checks and its settlement.
        bank: what the bank's files say.
    """
    payment, settlement = checked.payment, checked.settlement
    issue, proof = payment.issue, payment.proof
    rules = facts.schemes[payment.scheme]["rules"][payment.rules_version - 1]
    categories = {category["code"]: category.get("cap_cents") for category in rules["categories"]}
    return {
        **payment_members(payment),
        "cents": payment.cents,
        "net_cents": payment.net,
        "lines": [dict(line) for line in payment.lines],
        "step": step_members(payment.step),
        "operation": payment.operation,
        "hold": payment.hold,
        "proof": None
        if proof is None
        else {
            "kind": proof.kind,
            "page": proof.page,
            "version": proof.version,
            "bound_to": _bound_to(proof.authorisation),
            "signed_sha256": proof.signed_sha256,
            "error": proof.error,
        },
        "rules": {
            "version": payment.rules_version,
            "payment_min_cents": rules["payment_min_cents"],
            "payment_cap_cents": rules["payment_cap_cents"],
            "day_cap_cents": rules["day_cap_cents"],
            "paper_cap_cents": rules["paper_cap_cents"],
            "category_caps": {line["category"]: categories.get(line["category"]) for line in payment.lines},
        },
        "issue": None
        if issue is None
        else {
            "allocation": issue.allocation,
            "proposed_by": issue.proposed_by,
            "approved_by": issue.approved_by,
            "issued_by": issue.step.person,
            "issued": step_members(issue.step),
            "activated_by": payment.activated_by,
        },
        "case_hash": payment.case_hash,
        "shop_approved_by": payment.shop_approved_by,
        "granted": dict(payment.granted),
        "settlement": None if settlement is None else _settlement(settlement, bank),
        "checks": {check: checked.result(check) for check in CHECKS},
    }


def payment_members(payment: PaymentFact) -> dict[str, Any]:
    """What a payment is called, as JSON members."""
    return {
        "payment": payment.id,
        "scheme": payment.scheme,
        "shop": payment.shop,
        "voucher": payment.voucher,
        "day": payment.day,
    }


def step_members(step: Step | None) -> dict[str, Any] | None:
    """A step as JSON members; None for none."""
    if step is None:
        return None
    return {"block": step.block, "transaction": step.transaction, "at": step.at, "person": step.person}


def _settlement(settlement: SettlementFact, bank: BankFiles) -> dict[str, Any]:
    return {
        "id": settlement.id,
        "state": settlement.state,
        "cents": settlement.cents,
        "items": len(settlement.items),
        "drafted": step_members(settlement.drafted),
        "approved": step_members(settlement.approved),
        "exported": step_members(settlement.exported),
        "booked": step_members(settlement.booked),
        "file_sha256": settlement.file_sha256,
        "account_hash": settlement.account_hash,
        "value_date": settlement.value_date,
        "bank_reference": settlement.bank_reference,
        "orders": [_trace(trace) for trace in _about(settlement.id, bank.orders)],
        "bank_lines": [_trace(trace) for trace in _about(settlement.id, bank.lines)],
    }


def _about(settlement: str, traces: Iterable[BankTrace]) -> list[BankTrace]:
    return [trace for trace in traces if trace.settlement == settlement]


def _trace(trace: BankTrace) -> dict[str, Any]:
    return {
        "source": trace.source,
        "place": trace.place,
        "cents": trace.cents,
        "day": trace.day,
        "file_sha256": trace.file_sha256,
    }


def _bound_to(authorisation: Any) -> str:
    """A key or booklet in one line."""
    if authorisation is None:
        return ""
    if authorisation["kind"] == "key":
        return f"{authorisation['algorithm']} {authorisation['public_key']}"
    return f"{authorisation['pages']} pages, root {authorisation['root']}"
