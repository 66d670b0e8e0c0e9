"""Other parties' business: the auditor's limits, and what tills may not read or touch."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cases_power import ALL_POWERS, powers
from ground import Ground
from table import Attempt, by_name, case
from verdict import Place

from kindpakket.ledger.caller import Ledger
from kindpakket.ledger.ids import new_id, new_salt
from kindpakket.ledger.records import Line
from kindpakket_demo.desk import AUDITOR


@case(22, "auditor's client", "has a query ordered", "FORBIDDEN", Place.ORDERING)
def auditor_submits(ground: Ground) -> Attempt:
    contract = ground.desk.contract(AUDITOR, "auditor")
    return lambda: contract.submit("scheme:Show", json.dumps({"scheme": ground.scheme}))


@case(22, "auditor's client", "would {} a scheme", "ROLE_REQUIRED", each=by_name(*ALL_POWERS))
def auditor_writes(ground: Ground, power: str) -> Attempt:
    name, members = powers(ground)[power]
    return lambda: ground.write(ground.desk.contract(AUDITOR, "auditor"), name, **members)


@case(22, "auditor's client", "takes a payment", "ROLE_REQUIRED")
def auditor_pays(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    request = ground.request(ground.order(wallet), wallet)
    return lambda: ground.write(ground.desk.contract(AUDITOR, "auditor"), "payment:Pay", **request)


def others_things(ground: Ground) -> dict[str, Callable[[], object]]:
    """The other shop's attempts on what belongs to the till's shop."""
    payment = ground.paid(ground.wallet())
    wallet = ground.wallet()
    mine, theirs = ground.till.shop, ground.other.shop
    shown = mine.allowance_order(ground.scheme, wallet.voucher)
    lines: list[Line] = [{"category": "books", "cents": 100}]
    return {
        "reads a payment": lambda: theirs.payment(payment),
        "reads what a voucher may buy": lambda: theirs.caller.query(
            "voucher:Allowance", {"scheme": ground.scheme, "voucher": wallet.voucher, "shop": mine.shop_id}
        ),
        "reads what another shop was shown": lambda: theirs.allowance(shown, wallet.show(shown)),
        "reads what is owed": lambda: theirs.caller.query(
            "payment:Unsettled", {"scheme": ground.scheme, "shop": mine.shop_id, "cursor": "", "limit": 10}
        ),
        "refunds a payment": lambda: theirs.refund(payment, lines, "returned-goods"),
        "cancels a payment": lambda: theirs.cancel(payment, "wrong-item"),
    }


OTHERS_THINGS = by_name(
    "reads a payment",
    "reads what a voucher may buy",
    "reads what another shop was shown",
    "reads what is owed",
    "refunds a payment",
    "cancels a payment",
)


@case(23, "shop B", "{} of shop A", "NOT_YOURS", each=OTHERS_THINGS)
def another_shops(ground: Ground, what: str) -> Attempt:
    return others_things(ground)[what]


@case(23, "shop B", "reads a settlement of shop A", "NOT_YOURS")
def another_shops_settlement(ground: Ground) -> Attempt:
    scheme, settlement = ground.settlement()
    return lambda: ground.other.shop.settlements.show(scheme, settlement)


@case(23, "shop B", "lists what shops owe", "ROLE_REQUIRED")
def another_shops_debts(ground: Ground) -> Attempt:
    return lambda: ground.other.shop.caller.query("settlement:Receivables", {})


@case(23, "shop B", "lists what waits for a second person", "ROLE_REQUIRED")
def another_shops_decisions(ground: Ground) -> Attempt:
    return lambda: ground.other.shop.caller.query("decision:Waiting", {})


@case(10, "clerk", "lists as waiting what does not exist", "INVALID_KEY")
def indexes_nothing(ground: Ground) -> Attempt:
    return lambda: ground.desk.clerk.decisions.index([f"change/{ground.scheme}/{new_id()}"])


@case(10, "approver", "indexes what waits", "ROLE_REQUIRED")
def approver_indexes(ground: Ground) -> Attempt:
    return lambda: ground.desk.manager.decisions.index([f"scheme/{ground.scheme}"])


@case(23, "shop B", "charges at shop A's till", "NOT_YOURS")
def at_another_till(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    request = ground.request(ground.order(wallet), wallet)
    return lambda: ground.write(ground.other.shop.caller.contract, "payment:Pay", **request)


@case(23, "shop B", "applies under the id of shop A", "NOT_YOURS")
def under_anothers_id(ground: Ground) -> Attempt:
    shop, store = ground.till.shop, ground.till.store
    account = {"iban": store.iban, "holder": "B", "kvk": store.kvk, "contact": "b", "salt": new_salt()}
    request = json.dumps({"request_id": shop.shop_id, "categories": ["books"]})
    contract: Ledger = ground.other.shop.caller.contract
    return lambda: contract.submit("shop:Apply", request, transient={"account": json.dumps(account)})


@case(
    23,
    "till client",
    "reads {}",
    "ROLE_REQUIRED",
    each={
        "its own account": "shop:Account",
        "all vouchers": "voucher:List",
        "all shops": "shop:List",
        "a voucher": "voucher:Show",
        "a voucher's history": "audit:History",
        "the sums of a scheme": "audit:Totals",
        "all settlements": "settlement:List",
    },
)
def till_reads(ground: Ground, name: str) -> Attempt:
    members: dict[str, dict[str, Any]] = {
        "shop:Account": {"shop": ground.till.shop.shop_id},
        "voucher:Show": {"scheme": ground.scheme, "voucher": ground.wallet().voucher},
        "shop:List": {},
        "audit:History": {"key": f"scheme/{ground.scheme}"},
    }
    return lambda: ground.till.shop.caller.query(name, members.get(name, {"scheme": ground.scheme}))


@case(23, "auditor", "reads a shop's account from the private collection", "ROLE_REQUIRED")
def auditor_reads_account(ground: Ground) -> Attempt:
    return lambda: ground.desk.auditor.caller.query("shop:Account", {"shop": ground.till.shop.shop_id})


@case(23, "issuer", "reads a shop's account from the private collection", "ROLE_REQUIRED")
def issuer_reads_account(ground: Ground) -> Attempt:
    return lambda: ground.desk.clerk.shops.account(ground.till.shop.shop_id)
