"""A chaincode's schemes, shops and settlements, as far as payouts look at them, with the steps it refuses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from desk import ACCOUNT, Desk
from story import rules

from fabric_gateway.testing import ChaincodeRefusal
from kindpakket.ledger.accounts import account_digest
from kindpakket.ledger.records import ShopAccount

SCHEMES = ("a" * 32, "b" * 32)
SHOPS = tuple(f"{number:x}" * 32 for number in (1, 2, 3))
IBANS = ("NL20INGB0001234567", "NL02ABNA0123456789", "NL44RABO0123456789")
DEBTOR = ("--name", "Gemeente Zuidhorn", "--iban", "NL91ABNA0417164300", "--bic", "ABNANL2A")
STEPS = {
    "paid": ("exported", "paid"),
    "rejected": ("exported", "rejected"),
    "returned": ("paid", "returned"),
}


def refusal(code: str, sentence: str = "no") -> ChaincodeRefusal:
    return ChaincodeRefusal(f"{code}: {sentence} {{}}")


@dataclass
class Payouts:
    """What shops are owed, by scheme and shop in cents, and what was settled of it."""

    desk: Desk
    owed: dict[tuple[str, str], int] = field(default_factory=dict)
    settlements: dict[str, dict[str, Any]] = field(default_factory=dict)
    shops: dict[str, dict[str, Any]] = field(default_factory=dict)
    accounts: dict[str, ShopAccount] = field(default_factory=dict)
    done: dict[str, Any] = field(default_factory=dict)
    failing: dict[str, list[BaseException]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for shop, iban in zip(SHOPS, IBANS, strict=True):
            self.accounts[shop] = {**ACCOUNT, "iban": iban}  # type: ignore[typeddict-item]
            digest = account_digest(self.accounts[shop])
            self.shops[shop] = {"id": shop, "state": "approved", "account_sha256": digest}
        self.desk.answers |= {
            "scheme:List": {"items": [{"id": scheme, "state": "open"} for scheme in SCHEMES], "next": ""},
            "scheme:Show": lambda request: {
                "rules": rules(name=f"regeling-{request['scheme'][0]}"),
                "closed_until": "2099-01-01",
            },
            "shop:List": lambda _: {"items": list(self.shops.values()), "next": ""},
            "shop:Show": lambda request: self.shops[request["shop"]],
            "shop:Account": lambda request: self.accounts[request["shop"]],
            "settlement:DueList": self._due_list,
            "settlement:Live": lambda request: self._list(request, {"drafted", "approved", "exported"}),
            "settlement:List": lambda request: self._list(request, None),
            "settlement:Show": lambda request: self.settlements[request["settlement"]],
            "settlement:Draft": self._once(self._draft),
            "settlement:Approve": self._once(self._approve),
            "settlement:Export": self._once(self._export),
            "settlement:Book": self._once(self._book),
            "request:Void": self._once(self._void),
        }

    def states(self) -> dict[str, int]:
        """Cents in each state."""
        sums: dict[str, int] = {}
        for record in self.settlements.values():
            sums[record["state"]] = sums.get(record["state"], 0) + record["cents"]
        return sums

    def total(self) -> int:
        """All money there is: what is owed, and what settlements hold."""
        held = {"drafted", "approved", "exported", "paid"}
        return sum(self.owed.values()) + sum(cents for state, cents in self.states().items() if state in held)

    def fail(self, name: str, *errors: BaseException) -> None:
        """Let the next calls of a transaction fail, before they do anything."""
        self.failing[name] = list(errors)

    def _once(self, function: Any) -> Any:
        name = function.__name__

        def once(request: dict[str, Any]) -> Any:
            if self.failing.get(name):
                raise self.failing[name].pop(0)
            content = {member: value for member, value in request.items() if member != "request_id"}
            made = self.done.get(request["request_id"])
            if made is not None:
                if made[0] != content:
                    raise refusal("REQUEST_VOID" if made[0] == "void" else "IDEMPOTENCY_CONFLICT")
                return made[1]
            answer = function(request)
            self.done[request["request_id"]] = (content, json.loads(json.dumps(answer)))
            return answer

        return once

    def _who(self) -> str:
        return self.desk.asked[-1][2]

    def _list(self, request: dict[str, Any], states: set[str] | None) -> dict[str, Any]:
        found = [
            record
            for record in self.settlements.values()
            if record["scheme"] == request["scheme"] and (states is None or record["state"] in states)
        ]
        return {"items": found, "next": ""}

    def _due_list(self, request: dict[str, Any]) -> dict[str, Any]:
        items = [
            {
                "shop": shop,
                "due": cents >= 100,
                "why": "rhythm" if cents >= 100 else "",
                "cents": cents,
                "items": 1,
                "oldest_day": "2026-03-10",
                "closed_until": "2026-03-10",
            }
            for (scheme, shop), cents in sorted(self.owed.items())
            if scheme == request["scheme"] and cents
        ]
        return {"items": items, "next": ""}

    def _draft(self, request: dict[str, Any]) -> dict[str, Any]:
        key = request["scheme"], request["shop"]
        if self.owed.get(key, 0) <= 0:
            raise refusal("NOTHING_TO_SETTLE")
        record = {
            "id": request["request_id"],
            "scheme": request["scheme"],
            "shop": request["shop"],
            "state": "drafted",
            "item_count": 1,
            "cents": self.owed.pop(key),
            "through": "2026-03-10",
            "drafted_by": self._who(),
        }
        self.settlements[record["id"]] = record
        return {**record, "more": False}

    def _approve(self, request: dict[str, Any]) -> dict[str, Any]:
        record = self.settlements[request["settlement"]]
        if record["state"] != "drafted":
            raise refusal("SETTLEMENT_STATE")
        if record["drafted_by"] == self._who():
            raise refusal("SECOND_PERSON_REQUIRED")
        record |= {"state": "approved", "approved_by": self._who()}
        return record

    def _export(self, request: dict[str, Any]) -> dict[str, Any]:
        records = [self.settlements[settlement] for settlement in request["settlements"]]
        for record in records:
            shop = self.shops[record["shop"]]
            if record["state"] != "approved":
                raise refusal("SETTLEMENT_STATE", f"settlement {record['id']} is {record['state']}")
            if shop["state"] == "suspended" or "payout_frozen_by" in shop:
                raise refusal("PAYOUT_FROZEN", f"shop {shop['id']} is frozen")
        for record in records:
            record |= {
                "state": "exported",
                "exported_by": self._who(),
                "file_sha256": request["file_sha256"],
                "account_sha256": self.shops[record["shop"]]["account_sha256"],
            }
        return {"settlements": request["settlements"], "cents": 0}

    def _book(self, request: dict[str, Any]) -> dict[str, Any]:
        record = self.settlements[request["settlement"]]
        before, after = STEPS[request["outcome"]]
        if record["state"] != before:
            raise refusal("SETTLEMENT_STATE", f"it is {record['state']}")
        record |= {"state": after, "book_reason": request["reason"]}
        if after != "paid":
            key = record["scheme"], record["shop"]
            self.owed[key] = self.owed.get(key, 0) + record["cents"]
        return record

    def _void(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["void"] in self.done and self.done[request["void"]][0] != "void":
            raise refusal("REQUEST_COMMITTED")
        self.done[request["void"]] = ("void", None)
        return {"void": request["void"]}
