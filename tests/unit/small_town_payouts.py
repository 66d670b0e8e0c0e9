"""What happens to the money of a small town's shops: settlements, receivables and nettings."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from kindpakket.ledger.days import day_of

LIVE = ("drafted", "approved", "exported", "paid")
NEXT = {"drafted": "approved", "approved": "exported", "exported": "paid"}
Record = dict[str, Any]


class Payouts:
    """The steps of a town's settlements. Each gives the name of its operation, "" if it cannot be done."""

    random: Random
    state: dict[str, Record]
    now: int
    schemes: list[str]
    shops: list[str]
    _writes: dict[str, Record | None]

    def id(self) -> str:
        """A new id."""
        raise NotImplementedError

    def put(self, key: str, record: Record) -> None:
        """Write a record."""
        raise NotImplementedError

    def some(self, prefix: str, fits: Callable[[Record], bool] = lambda _: True) -> Record | None:
        """One of the records that fit."""
        raise NotImplementedError

    def settle(self) -> str:
        """Draft a settlement, claim a debt, or carry over what comes to nothing."""
        scheme, shop = self.random.choice(self.schemes), self.random.choice(self.shops)
        prefix = f"unsettled/{scheme}/{shop}/"
        items = {key: record for key, record in sorted(self.state.items()) if key.startswith(prefix)}
        if not items:
            return ""
        cents = sum(record["cents"] for record in items.values())
        state = "drafted" if cents > 0 else "claimed" if cents < 0 else "carried"
        settlement = self._settlement(scheme, shop, state, cents)
        for key, record in items.items():
            self._writes[key] = None
            self.put(key.replace("unsettled/", "sold/"), {"settlement": settlement["id"], **record})
        return f"settlement:{'Claim' if state == 'claimed' else 'Draft'}"

    def _settlement(self, scheme: str, shop: str, state: str, cents: int, id_: str = "") -> Record:
        settlement = {
            "id": id_ or self.id(),
            "scheme": scheme,
            "shop": shop,
            "state": state,
            "item_count": 1,
            "cents": cents,
            "through": day_of(self.now),
            "drafted_by": "p-clerk",
        }
        self.put(f"settlement/{scheme}/{settlement['id']}", settlement)
        return settlement

    def go_on(self) -> str:
        """The next step of a settlement, or back."""
        if (settlement := self.some("settlement/", lambda one: one["state"] in LIVE)) is None:
            return ""
        state = settlement["state"]
        back = {"exported": "rejected", "paid": "returned"}.get(state, "withdrawn")
        step = back if state == "paid" or self.random.random() < 0.25 else NEXT[state]
        if step == back:
            self._reopen(settlement)
        self.put(f"settlement/{settlement['scheme']}/{settlement['id']}", {**settlement, "state": step})
        return "settlement:Book"

    def _reopen(self, settlement: Record) -> None:
        for key, record in self.state.items():
            if key.startswith("sold/") and record["settlement"] == settlement["id"]:
                self._writes[key] = None
                self.put(key.replace("sold/", "unsettled/"), {"cents": record["cents"], **_kind(record)})

    def collect(self) -> str:
        """Receive what a shop owes, or a part of it, give it up, or reopen it."""
        owing = ("claimed", "collected", "written-off")
        if (settlement := self.some("settlement/", lambda one: one["state"] in owing)) is None:
            return ""
        received = settlement.get("collected_cents", 0)
        left = -settlement["cents"] - received
        step = self.random.choice(("collect", "write off", "reopen"))
        if step != "reopen" and settlement["state"] != "claimed":
            return ""
        if step == "collect":
            cents = self.random.randint(1, left)
            settlement["collected_cents"] = received + cents
            settlement["state"] = "collected" if cents == left else "claimed"
        elif step == "write off":
            settlement["state"] = "written-off"
        else:
            kept = self.random.randint(0, received)
            settlement |= {"state": "reopened", "collected_cents": kept}
            self._reopen(settlement)
            if kept:
                place = (
                    f"{settlement['scheme']}/{settlement['shop']}/{settlement['through']}/{settlement['id']}"
                )
                self.put(f"unsettled/{place}", {"cents": kept, "kind": "collected"})
        self.put(f"settlement/{settlement['scheme']}/{settlement['id']}", settlement)
        return f"settlement:{step}"

    def net(self) -> str:
        if len(self.schemes) == 1:
            return ""
        owes, owed = self.random.sample(self.schemes, 2)
        shop, netting, cents = self.random.choice(self.shops), self.id(), self.random.randint(1, 500)
        for scheme, moved in ((owes, -cents), (owed, cents)):
            record = self._settlement(scheme, shop, "netted", moved, netting)
            place = f"{scheme}/{shop}/{record['through']}/{netting}"
            self.put(f"unsettled/{place}", {"cents": -moved, "kind": "netted"})
        return "settlement:Net"


def _kind(record: Record) -> Record:
    return {"kind": record["kind"]} if record.get("kind") else {}
