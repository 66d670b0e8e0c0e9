"""The equations of money over the sums of a view's movements, compared with the records and the audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from kindpakket.auditor.books import Books
from kindpakket.ledgerview import Sums

TERMS = ("issued", "topped_up", "spent", "refunded", "cancelled", "held", "available", "lapsed", "revoked")
STAGES = ("open", "drafted", "approved", "exported", "paid", "claimed", "recovered", "written_off", "netted")
_BOOKS = {
    "open": "unsettled",
    "drafted": "drafted",
    "approved": "approved",
    "exported": "exported",
    "paid": "paid_out",
    "claimed": "claimed",
    "recovered": "collected",
    "written_off": "written_off",
    "netted": "netted",
}
"""Where a shop's money is, and what the auditor's books call it."""
NEVER_BELOW_ZERO = ("drafted", "approved", "exported", "paid")


def check_equations(sums: Sums) -> None:
    """All terms are at least 0, and the three equations of money hold."""
    totals: dict[str, Counter[str]] = {}
    for (scheme, voucher), terms in sums.vouchers.items():
        assert all(terms[term] >= 0 for term in TERMS), (voucher, terms)
        used = terms["spent"] - terms["refunded"] - terms["cancelled"]
        left = terms["held"] + terms["available"] + terms["lapsed"] + terms["revoked"]
        assert terms["issued"] + terms["topped_up"] == used + left, (voucher, terms)
        totals.setdefault(scheme, Counter()).update(terms)
    for scheme, budget in sums.budgets.items():
        assert all(cents >= 0 for cents in budget.values()), (scheme, budget)
        given = budget["issued"] + budget["topped_up"] - budget["lapsed"] - budget["revoked"]
        assert budget["budget"] == given + budget["unissued"], (scheme, budget)
        for term in ("issued", "topped_up", "lapsed", "revoked"):
            assert budget[term] == totals.get(scheme, Counter())[term], (scheme, term)
    net: Counter[str] = Counter()
    for (scheme, shop), stages in sums.shops.items():
        assert all(stages[stage] >= 0 for stage in NEVER_BELOW_ZERO), (shop, stages)
        net[scheme] += sum(stages[stage] for stage in STAGES)
    for scheme, cents in net.items():
        terms = totals.get(scheme, Counter())
        assert cents == terms["spent"] - terms["refunded"] - terms["cancelled"], scheme
    assert net_of_nettings(sums) == 0


def net_of_nettings(sums: Sums) -> int:
    """Over all schemes, nettings make and lose nothing."""
    return sum(stages["netted"] for stages in sums.shops.values())


def check_records(sums: Sums, state: Mapping[str, Any]) -> None:
    """The sums are what the ledger's records say, to the cent."""
    open_items: Counter[tuple[str, str]] = Counter()
    for key, record in state.items():
        kind, _, rest = key.partition("/")
        if kind == "voucher":
            terms = sums.vouchers[record["scheme"], record["id"]]
            assert {term: terms[term] for term in TERMS} == {
                term: record[f"{term}_cents"] for term in TERMS
            }, key
            for category, cents in record["spent_by_category"].items():
                assert sums.categories[record["scheme"], record["id"], category] == cents, key
        elif kind == "budget":
            budget = sums.budgets[rest]
            for term in ("budget", "issued", "topped_up", "lapsed", "revoked"):
                assert budget[term] == record[f"{term}_cents"], (key, term)
            assert budget["unissued"] == record["unallocated_cents"] + record.get("allocated_cents", 0), key
        elif kind == "unsettled":
            scheme, shop, *_ = rest.split("/")
            open_items[scheme, shop] += record["cents"]
    for place, stages in sums.shops.items():
        assert stages["open"] == open_items[place], place
        assert {**_stages(state, place), "open": open_items[place]} == {
            stage: stages[stage] for stage in STAGES
        }, place


def _stages(state: Mapping[str, Any], place: tuple[str, str]) -> dict[str, int]:
    """Where the money of a shop is, by its settlements."""
    found: Counter[str] = Counter()
    for key, record in state.items():
        if key.startswith("settlement/") and (record["scheme"], record["shop"]) == place:
            received = record.get("collected_cents", 0)
            found["recovered"] -= received
            found[record["state"].replace("-", "_")] += record["cents"] + received
    return {stage: found[stage] for stage in STAGES}


def check_books(sums: Sums, books: Books) -> None:
    """The sums are the auditor's, who follows the requests and looks at no record."""
    for scheme in books.schemes.values():
        for voucher in scheme.vouchers.values():
            terms = sums.vouchers[scheme.id, voucher.id]
            assert {term: terms[term] for term in TERMS} == {
                term: getattr(voucher.terms, term) for term in TERMS
            }
    for (scheme_id, shop), balance in books.shop_balances().items():
        stages = sums.shops.get((scheme_id, shop), Counter())
        assert {name: stages[name] for name in _BOOKS} == {
            name: getattr(balance, theirs) for name, theirs in _BOOKS.items()
        }, (scheme_id, shop)
