"""A small town whose ledger is written as the chaincode writes it, one transaction a step, chosen at random.

It says what its records are after each transaction. The chaincode's own histories are in `histories`; these
need no Go, can be as long as one likes, and are what hypothesis shrinks.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from random import Random

from ledger_blocks import Asked
from small_town_payouts import Payouts, Record
from story import NOON, rules

from kindpakket.ledger.days import day_of

CATEGORIES = ("books", "toys")


class SmallTown(Payouts):
    """Schemes, vouchers, shops, and the records of their ledger by key."""

    def __init__(self, random: Random, schemes: int = 2, shops: int = 2) -> None:
        self.random = random
        self.state: dict[str, Record] = {}
        self.now = NOON
        self._ids = 0
        self._writes: dict[str, Record | None] = {}
        self.schemes = [self.id() for _ in range(schemes)]
        self.shops = [self.id() for _ in range(shops)]

    def id(self) -> str:
        self._ids += 1
        return f"{self._ids:032x}"

    def begin(self) -> Iterator[Asked]:
        """Open all schemes and shops."""
        for scheme in self.schemes:
            terms = {f"{name}_cents": 0 for name in ("issued", "topped_up", "lapsed", "revoked", "allocated")}
            self.put(
                f"scheme/{scheme}",
                {"id": scheme, "state": "open", "rules_version": 1, "drafted_by": "p-clerk"},
            )
            self.put(
                f"rules/{scheme}/000001", {"scheme": scheme, "version": 1, **rules(name=f"town-{scheme[-1]}")}
            )
            self.put(f"budget/{scheme}", {"budget_cents": 10**8, **terms, "unallocated_cents": 10**8})
            self.put(f"day/{scheme}", {"closed_until": ""})
            yield self.commit("scheme:Draft", scheme=scheme)
        for shop in self.shops:
            self.put(
                f"shop/{shop}", {"id": shop, "msp": "WinkelsMSP", "state": "approved", "applied_by": "p-shop"}
            )
            yield self.commit("shop:Approve", shop=shop)

    def steps(self, count: int) -> Iterator[Asked]:
        """So many transactions; what cannot be done is left out."""
        choices = list(STEPS)
        while count:
            if (made := self.step(self.random.choice(choices))) is not None:
                count -= 1
                yield made

    def step(self, name: str) -> Asked | None:
        """A transaction of a kind; None if there is nothing to do it with."""
        self.now += self.random.randrange(7_000)
        operation = STEPS[name](self)
        return self.commit(operation) if operation else None

    # what the transactions write

    def put(self, key: str, record: Record) -> None:
        self._writes[key] = record

    def commit(self, operation: str, **members: str) -> Asked:
        writes, self._writes = self._writes, {}
        for key, record in writes.items():
            if record is None:
                del self.state[key]
            else:
                self.state[key] = copy.deepcopy(record)
        by = {"operation": operation, "person": "p-clerk", "msp": "GemeenteMSP", "role": "issuer"}
        return Asked(
            operation,
            {"request_id": self.id(), "reason": "council", **members},
            {key: None if record is None else {"v": 3, "by": by, **record} for key, record in writes.items()},
            at=self.now,
        )

    def some(self, prefix: str, fits: Callable[[Record], bool] = lambda _: True) -> Record | None:
        found = [record for key, record in self.state.items() if key.startswith(prefix) and fits(record)]
        return copy.deepcopy(self.random.choice(found)) if found else None

    def voucher_of(self, record: Record) -> Record:
        return copy.deepcopy(self.state[f"voucher/{record['scheme']}/{record['voucher']}"])

    def put_voucher(self, voucher: Record) -> None:
        self.put(f"voucher/{voucher['scheme']}/{voucher['id']}", voucher)

    def budget(self, scheme: str, **changes: int) -> None:
        """Write a budget with changed terms; what it grows by is unallocated."""
        budget = self._writes.get(f"budget/{scheme}") or copy.deepcopy(self.state[f"budget/{scheme}"])
        for term, cents in changes.items():
            budget[f"{term}_cents"] += cents
            budget["unallocated_cents"] += -cents if term in ("issued", "topped_up") else cents
        self.put(f"budget/{scheme}", budget)

    def item(self, record: Record, cents: int) -> None:
        self.put(
            f"unsettled/{record['scheme']}/{record['shop']}/{record['day']}/{record['id']}", {"cents": cents}
        )

    def lines(self, most: dict[str, int]) -> list[Record]:
        """Lines of a purchase, at most so much in each category."""
        chosen = [name for name, cents in most.items() if cents > 0 and self.random.random() < 0.7]
        return [
            {"category": name, "cents": self.random.randint(1, min(most[name], 9_000))} for name in chosen
        ]

    # the steps; each gives the name of the operation, "" if it cannot be done

    def issue(self) -> str:
        scheme, voucher = self.random.choice(self.schemes), self.id()
        cents = self.random.randint(1, 30_000)
        terms = ("topped_up", "spent", "refunded", "cancelled", "held", "lapsed", "revoked")
        self.put_voucher(
            {
                "id": voucher,
                "scheme": scheme,
                "rules_version": 1,
                "state": "active",
                "entitlement": self.id(),
                "preset": "child",
                "units": 1,
                "ends_at": NOON + 10**7,
                "spent_by_category": {},
                "issued_cents": cents,
                "available_cents": cents,
                **{f"{term}_cents": 0 for term in terms},
            }
        )
        self.budget(scheme, issued=cents)
        return "voucher:Issue"

    def top_up(self) -> str:
        voucher = self.some("voucher/", _live)
        if voucher is None:
            return ""
        cents = self.random.randint(1, 5_000)
        voucher["topped_up_cents"] += cents
        voucher["available_cents"] += cents
        self.put_voucher(voucher)
        self.budget(voucher["scheme"], topped_up=cents)
        return "voucher:TopUp"

    def _purchase(self) -> tuple[Record, Record] | None:
        voucher = self.some("voucher/", lambda one: _live(one) and one["available_cents"] > 1)
        if voucher is None:
            return None
        lines = self.lines(dict.fromkeys(CATEGORIES, voucher["available_cents"] // len(CATEGORIES)))
        if not lines:
            return None
        payment = {
            "id": self.id(),
            "scheme": voucher["scheme"],
            "shop": self.random.choice(self.shops),
            "voucher": voucher["id"],
            "lines": lines,
            "cents": _total(lines),
            "refunded": {},
            "refunded_cents": 0,
            "state": "paid",
            "day": day_of(self.now),
            "at": self.now,
            "proof": {"kind": "key", "version": 1},
        }
        return voucher, payment

    def pay(self) -> str:
        """Pay, and now and then release another hold of the voucher, as one that has expired."""
        if (made := self._purchase()) is None:
            return ""
        voucher, payment = made
        hold = self.some("payment/", lambda one: one["state"] == "held" and one["voucher"] == voucher["id"])
        if hold is not None and self.random.random() < 0.3:
            self._release(hold, voucher)
        spend(voucher, payment["lines"])
        self.put(f"payment/{payment['id']}", payment)
        self.item(payment, payment["cents"])
        self.put_voucher(voucher)
        return "payment:Pay"

    def hold(self) -> str:
        if (made := self._purchase()) is None:
            return ""
        voucher, payment = made
        held = {"held_lines": payment["lines"], "held_cents": payment["cents"], "held_day": payment["day"]}
        self.put(
            f"payment/{payment['id']}",
            {**payment, **held, "state": "held", "lines": [], "cents": 0, "day": ""},
        )
        voucher["available_cents"] -= payment["cents"]
        voucher["held_cents"] += payment["cents"]
        self.put_voucher(voucher)
        return "payment:Hold"

    def capture(self) -> str:
        if (hold := self.some("payment/", _is("held"))) is None:
            return ""
        left, voucher = _left(hold), self.voucher_of(hold)
        lines = self.lines(left)
        if not lines:
            return ""
        voucher["held_cents"] -= sum(left.values())
        voucher["available_cents"] += sum(left.values())
        spend(voucher, lines)
        paid = {**hold, "state": "paid", "lines": lines, "cents": _total(lines), "day": day_of(self.now)}
        self.put(f"payment/{hold['id']}", paid)
        self.item(paid, paid["cents"])
        self.put_voucher(voucher)
        return "payment:Capture"

    def capture_part(self) -> str:
        if (hold := self.some("payment/", _is("held"))) is None:
            return ""
        left, voucher = _left(hold), self.voucher_of(hold)
        lines = self.lines(left)
        if not lines or _total(lines) == sum(left.values()):
            return ""
        captured = dict(hold.get("captured", {}))
        for line in lines:
            captured[line["category"]] = captured.get(line["category"], 0) + line["cents"]
        voucher["held_cents"] -= _total(lines)
        voucher["available_cents"] += _total(lines)
        spend(voucher, lines)
        kept = {name: hold[name] for name in ("scheme", "shop", "voucher", "proof")}
        part = {
            **kept,
            "id": self.id(),
            "lines": lines,
            "cents": _total(lines),
            "refunded": {},
            "refunded_cents": 0,
            "state": "paid",
            "day": day_of(self.now),
            "at": self.now,
            "hold": hold["id"],
        }
        self.put(f"payment/{part['id']}", part)
        self.put(f"payment/{hold['id']}", {**hold, "captured": captured})
        self.item(part, part["cents"])
        self.put_voucher(voucher)
        return "payment:CapturePart"

    def release(self) -> str:
        if (hold := self.some("payment/", _is("held"))) is None:
            return ""
        voucher = self.voucher_of(hold)
        self._release(hold, voucher)
        self.put_voucher(voucher)
        return "payment:Release"

    def _release(self, hold: Record, voucher: Record) -> None:
        cents = sum(_left(hold).values())
        voucher["held_cents"] -= cents
        voucher["available_cents"] += cents
        self.put(f"payment/{hold['id']}", {**hold, "state": "released", "release_reason": "expired"})

    def _give_back(self, payment: Record, lines: list[Record], term: str) -> str:
        voucher, cents = self.voucher_of(payment), _total(lines)
        for line in lines:
            voucher["spent_by_category"][line["category"]] -= line["cents"]
        voucher[f"{term}_cents"] += cents
        to = voucher["state"] if voucher["state"] in ("lapsed", "revoked") else "available"
        voucher[f"{to}_cents"] += cents
        if to != "available":
            self.budget(voucher["scheme"], **{to: cents})
        self.put_voucher(voucher)
        return str(to)

    def cancel(self) -> str:
        open_items = {key.rpartition("/")[2] for key in self.state if key.startswith("unsettled/")}
        payment = self.some("payment/", lambda one: one["state"] == "paid" and one["id"] in open_items)
        if payment is None:
            return ""
        self._give_back(payment, payment["lines"], "cancelled")
        self.put(f"payment/{payment['id']}", {**payment, "state": "cancelled"})
        place = f"{payment['scheme']}/{payment['shop']}/{payment['day']}/{payment['id']}"
        self._writes[f"unsettled/{place}"] = None
        return "payment:Cancel"

    def _refund(self) -> tuple[Record, Record] | None:
        payment = self.some("payment/", lambda one: one["state"] in ("paid", "partly-refunded"))
        if payment is None:
            return None
        most = {line["category"]: line["cents"] for line in payment["lines"]}
        lines = self.lines({name: cents - payment["refunded"].get(name, 0) for name, cents in most.items()})
        kept = {name: payment[name] for name in ("scheme", "shop", "voucher")}
        refund = {**kept, "id": self.id(), "payment": payment["id"], "lines": lines, "cents": _total(lines)}
        return (payment, {**refund, "at": self.now, "reason": "returned"}) if lines else None

    def _return(self, payment: Record, refund: Record) -> None:
        for line in refund["lines"]:
            name = line["category"]
            payment["refunded"][name] = payment["refunded"].get(name, 0) + line["cents"]
        payment["refunded_cents"] += refund["cents"]
        payment["state"] = "refunded" if payment["refunded_cents"] == payment["cents"] else "partly-refunded"
        refund["returned_to"] = self._give_back(payment, refund["lines"], "refunded")
        refund["day"] = day_of(self.now)
        self.put(f"payment/{payment['id']}", payment)
        self.put(f"refund/{refund['id']}", refund)
        self.item(refund, -refund["cents"])

    def refund(self) -> str:
        if (made := self._refund()) is None:
            return ""
        self._return(*made)
        return "payment:Refund"

    def ask_for_refund(self) -> str:
        if (made := self._refund()) is None:
            return ""
        _, refund = made
        self.put(f"refund/{refund['id']}", {**refund, "state": "waiting", "day": "", "returned_to": ""})
        return "payment:Refund"

    def approve_refund(self) -> str:
        refund = self.some("refund/", lambda one: one.get("state") == "waiting")
        if refund is None:
            return ""
        payment = copy.deepcopy(self.state[f"payment/{refund['payment']}"])
        most = {line["category"]: line["cents"] for line in payment["lines"]}
        if (
            any(
                line["cents"] + payment["refunded"].get(line["category"], 0) > most[line["category"]]
                for line in refund["lines"]
            )
            or payment["state"] == "cancelled"
        ):
            return ""
        self._return(payment, {**refund, "state": "approved"})
        return "payment:ApproveRefund"

    def end_voucher(self) -> str:
        """Lapse or revoke a voucher, and release what shops hold of it first."""
        if (voucher := self.some("voucher/", _live)) is None:
            return ""
        for record in list(self.state.values()):
            if record.get("state") == "held" and record.get("voucher") == voucher["id"]:
                self._release(copy.deepcopy(record), voucher)
        state = self.random.choice(("lapsed", "revoked"))
        cents, voucher["state"], voucher["available_cents"] = voucher["available_cents"], state, 0
        voucher[f"{state}_cents"] += cents
        self.put_voucher(voucher)
        self.budget(voucher["scheme"], **{state: cents})
        return "voucher:Lapse" if state == "lapsed" else "voucher:Revoke"

    def change_budget(self) -> str:
        scheme = self.random.choice(self.schemes)
        cents = self.random.choice((-1, 1)) * self.random.randint(1, 1_000)
        self.budget(scheme, budget=cents)
        return "scheme:ApproveChange"


def _is(state: str) -> Callable[[Record], bool]:
    return lambda record: bool(record["state"] == state)


def _live(voucher: Record) -> bool:
    return bool(voucher["state"] == "active")


def _total(lines: list[Record]) -> int:
    return sum(line["cents"] for line in lines)


def _left(hold: Record) -> dict[str, int]:
    captured = hold.get("captured", {})
    return {
        line["category"]: line["cents"] - captured.get(line["category"], 0) for line in hold["held_lines"]
    }


def spend(voucher: Record, lines: list[Record]) -> None:
    for line in lines:
        spent = voucher["spent_by_category"]
        spent[line["category"]] = spent.get(line["category"], 0) + line["cents"]
    voucher["available_cents"] -= _total(lines)
    voucher["spent_cents"] += _total(lines)


STEPS: dict[str, Callable[[SmallTown], str]] = {
    name: getattr(SmallTown, name)
    for name in (
        "approve_refund",
        "ask_for_refund",
        "cancel",
        "capture",
        "capture_part",
        "change_budget",
        "collect",
        "end_voucher",
        "go_on",
        "hold",
        "issue",
        "net",
        "pay",
        "refund",
        "release",
        "settle",
        "top_up",
    )
}
