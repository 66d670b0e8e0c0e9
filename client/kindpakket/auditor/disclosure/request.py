"""What the auditor asks for: the private records of exactly the payments that were drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kindpakket.auditor.disclosure.documents import REQUEST, DisclosureError, sealed
from kindpakket.auditor.legality.checks import settlements_by_item
from kindpakket.auditor.legality.facts import Facts
from kindpakket.auditor.legality.period import Period
from kindpakket.auditor.legality.sample import PeriodSample, drawn_by, percent_of, plan_of


def request_of(facts: Facts, period: Period, drawn: PeriodSample) -> dict[str, Any]:
    """The request for the records of a sample. It contains no personal data.

    It names everything by which the municipality draws the sample again, so that it need not trust that
    nobody picked the items.
    """
    settlements = settlements_by_item(facts)
    items = []
    for item in drawn.sample.drawn:
        payment, settlement = facts.payments[item.id], settlements.get(item.id)
        items.append(
            {
                "payment": payment.id,
                "scheme": payment.scheme,
                "voucher": payment.voucher,
                "shop": payment.shop,
                "settlement": settlement.id if settlement and settlement.exported else None,
            }
        )
    return sealed(
        {
            "format": REQUEST,
            "channel": facts.channel,
            "chaincode": facts.chaincode,
            "height": facts.height,
            "head": facts.head,
            "first_day": period.first_day,
            "last_day": period.last_day,
            "schemes": list(period.schemes),
            "materiality_cents": drawn.plan.materiality,
            "expected_cents": drawn.plan.expected,
            "confidence_percent": percent_of(drawn.plan.confidence),
            "interval_cents": drawn.sample.interval,
            "seed_block": drawn.seed_block.number,
            "seed_block_hash": drawn.seed_block.hash,
            "number": drawn.number,
            "seed": drawn.sample.seed,
            "items": items,
        }
    )


def drawn_again(facts: Facts, request: Mapping[str, Any]) -> None:
    """Draw a request's sample again, from one's own blocks, and compare.

    Args:
        facts: what is in one's own blocks, up to the request's height or further.
        request: the request.

    Raises:
        DisclosureError: the request is about another ledger, or names other payments than those drawn.
        LegalityError: the period is not closed.
        SamplingError: the request's plan is impossible.
    """
    ledger = facts.channel, facts.chaincode
    if ledger != (request["channel"], request["chaincode"]):
        raise DisclosureError(
            f"the request is about {request['chaincode']} on channel {request['channel']}: "
            f"this ledger is {ledger[1]} on {ledger[0]}"
        )
    plan = plan_of(request["materiality_cents"], request["expected_cents"], request["confidence_percent"])
    period = Period(request["first_day"], request["last_day"], tuple(request["schemes"]))
    drawn = drawn_by(facts, period, plan, request["number"])
    ours = [item.id for item in drawn.sample.drawn]
    theirs = [item["payment"] for item in request["items"]]
    if (drawn.sample.seed, ours) != (request["seed"], theirs):
        raise DisclosureError(
            f"the request names {len(theirs)} payments that are not those drawn by its own rule "
            f"({len(ours)}, from block {drawn.seed_block.number}): disclose nothing, and ask the auditor"
        )
    for item in request["items"]:
        payment = facts.payments[item["payment"]]
        named = item["scheme"], item["voucher"], item["shop"]
        if named != (payment.scheme, payment.voucher, payment.shop):
            raise DisclosureError(f"the request names another voucher or shop than payment {payment.id} has")
