"""A town as the first chaincode knew it, created and read with that version's requests, not the facades'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fabric_gateway import Profile
from kindpakket.holder.booklet import Booklet
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import PaymentOrder
from kindpakket.ledger.caller import Caller
from kindpakket.ledger.ids import new_id, new_salt
from kindpakket.ledger.records import Line
from kindpakket_demo.desk import MUNICIPALITY, Desk, Till, now
from kindpakket_demo.town import make_town
from kindpakket_demo.wallets import Wallet

PRESET, CENTS = "child", 30_000
BUYERS = 3
# Recorded but without effect under the first chaincode; a later one may read them as not agreed.
WITHOUT_EFFECT = ("refund_grace_days", "settlement_days")
FILE_SHA256 = "ab" * 32


@dataclass
class FirstTown:
    """What was made under the first chaincode.

    Attributes:
        desk: the users who did it.
        scheme: the open scheme that the tests are about.
        busy: another open scheme, for payments that must not touch the first. A third was drafted and left.
        tills: three shops that sell, a suspended one, and one that waits.
        buyers: the vouchers of that scheme.
        wallets: active vouchers that still hold money.
        blocked: a blocked voucher.
        issued: a voucher that was not activated.
        payments: ids of all payments.
        sent: requests with their answers: operation, sender, argument, answer.
        exported: a settlement of the first shop that is at the bank.
        drafted: a settlement of the second shop that was only drafted; items of the third are open.
        held: under layout 2: a payment that the first shop holds.
        proposed: under layout 2: a change of the budget that nobody has decided on.
    """

    desk: Desk
    layout: int = 1
    scheme: str = ""
    busy: str = ""
    buyers: list[Wallet] = field(default_factory=list)
    tills: list[Till] = field(default_factory=list)
    wallets: list[Wallet] = field(default_factory=list)
    blocked: Wallet = field(default_factory=lambda: Wallet(new_id(), HolderKey.generate()))
    issued: Wallet = field(default_factory=lambda: Wallet(new_id(), HolderKey.generate()))
    payments: list[str] = field(default_factory=list)
    sent: list[tuple[str, Caller, dict[str, Any], Any]] = field(default_factory=list)
    exported: str = ""
    drafted: str = ""
    held: str = ""
    proposed: str = ""

    @property
    def clerk(self) -> Caller:
        """The municipality's issuer."""
        return Caller(self.desk.clerk.caller.contract)

    @property
    def manager(self) -> Caller:
        """The municipality's approver."""
        return Caller(self.desk.manager.caller.contract)

    @property
    def municipality(self) -> list[str]:
        """The MSP id of the municipality, for what only its peers may endorse or answer."""
        return [Profile.load(self.desk.network.profile(MUNICIPALITY)).mspid]

    @property
    def treasurer(self) -> Caller:
        """The municipality's treasurer."""
        return Caller(self.desk.treasurer.caller.contract)

    def send(self, operation: str, by: Caller, /, **members: Any) -> Any:
        """Send a request, and keep it with its answer."""
        argument = {"request_id": new_id(), **members}
        answer = by.invoke(operation, argument)
        self.sent.append((operation, by, argument, answer))
        self.desk.in_step()
        return answer

    def order(self, till: Till, wallet: Wallet, cents: int = 1_000) -> PaymentOrder:
        """A payment, as the till requests it."""
        lines: list[Line] = [{"category": "books", "cents": cents}]
        return till.shop.order(self._scheme_of(wallet), wallet.voucher, lines)

    def available(self, wallet: Wallet) -> int:
        """What a voucher holds, in cents."""
        self.desk.in_step()
        members = {"scheme": self._scheme_of(wallet), "voucher": wallet.voucher}
        return int(self.clerk.query("voucher:Show", members)["available_cents"])

    def _scheme_of(self, wallet: Wallet) -> str:
        return self.busy if wallet in self.buyers else self.scheme

    def pay(self, till: Till, wallet: Wallet, cents: int = 1_000) -> str:
        """Take a payment, and return its id."""
        order = self.order(till, wallet, cents)
        self.send("payment:Pay", till.shop.caller, **order.request(wallet.authorise(order)))
        self.payments.append(order.request_id)
        return order.request_id

    @property
    def closed_until(self) -> str:
        """The last closed day of the scheme."""
        return str(self.clerk.query("scheme:Show", {"scheme": self.scheme})["closed_until"])

    def unsettled(self, shop: str) -> list[Any]:
        """The open items of a shop."""
        return list(self.clerk.items("payment:Unsettled", {"scheme": self.scheme, "shop": shop}))

    def settle(self, settlement: str, *steps: str) -> None:
        """Take a settlement through some of its steps: `approve`, `export`, `paid`."""
        members = {"scheme": self.scheme}
        if "approve" in steps:
            self.send("settlement:Approve", self.manager, **members, settlement=settlement)
        if "export" in steps:
            self.send(
                "settlement:Export",
                self.treasurer,
                **members,
                settlements=[settlement],
                file_sha256=FILE_SHA256,
            )
        if "paid" in steps:
            self.send(
                "settlement:Book",
                self.treasurer,
                **members,
                settlement=settlement,
                outcome="paid",
                reason="booked",
            )


def found_first_town(desk: Desk, layout: int) -> FirstTown:
    """Create the town, under a chaincode of layout 1 or 2."""
    town = FirstTown(desk, layout)
    town.scheme, town.busy = _open(town, "first-provision"), _open(town, "busy")
    _draft(town, "left")
    _accredit(town)
    holders: list[HolderKey | Booklet] = [HolderKey.generate() for _ in range(2)]
    holders += [HolderKey.generate("p256"), *(Booklet.generate(16) for _ in range(2))]
    town.wallets = [Wallet(new_id(), holder) for holder in holders]
    _issue(town, town.scheme, [*town.wallets, town.blocked], town.issued)
    town.buyers = [Wallet(new_id(), HolderKey.generate()) for _ in range(BUYERS)]
    _issue(town, town.busy, town.buyers)
    _trade(town)
    if layout == 2:
        _hold_and_propose(town)
    return town


def read_all(town: FirstTown) -> dict[str, Any]:
    """Everything that the first chaincode's queries return about the town, by query."""
    clerk, scheme = town.clerk, {"scheme": town.scheme}
    answers: dict[str, Any] = {
        name: list(clerk.items(name, members))
        for name, members in (
            ("scheme:List", {}),
            ("shop:List", {}),
            ("voucher:List", scheme),
            ("settlement:List", scheme),
        )
    }
    for settlement in answers["settlement:List"]:
        # They were in the record once, and have a query of their own now.
        members = {**scheme, "settlement": settlement["id"]}
        held = settlement.pop("items", None)
        answers[f"items {settlement['id']}"] = (
            list(clerk.items("settlement:Items", members)) if held is None else held
        )
    for listed in answers["scheme:List"]:
        shown = clerk.query("scheme:Show", {"scheme": listed["id"]})
        rules = {name: value for name, value in shown["rules"].items() if name not in WITHOUT_EFFECT}
        answers[f"scheme {listed['id']}"] = {**shown, "rules": rules}
    for payment in town.payments:
        answers[f"payment {payment}"] = clerk.query("payment:Show", {"payment": payment})
    for till in town.tills:
        shop = {"shop": till.shop.shop_id}
        answers[f"unsettled {shop}"] = town.unsettled(till.shop.shop_id)
        answers[f"account {shop}"] = town.treasurer.query(
            "shop:Account", shop, organisations=town.municipality
        )
    answers["organisations"] = clerk.query("organisations:Show")
    answers["totals"] = list(clerk.pages("audit:Totals", scheme))
    return answers


def changed(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """Where a later answer differs from an earlier one; members that were added do not count."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            yield from changed(value, after.get(name, "nothing"), f"{place}/{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from changed(old, new, f"{place}/{number}")
    elif before != after:
        yield f"{place}: {before!r} became {after!r}"


def _draft(town: FirstTown, name: str) -> str:
    starts = now().date().replace(day=1)
    rules = {
        "name": name,
        "starts_on": starts.isoformat(),
        "ends_on": (starts + timedelta(days=364)).isoformat(),
        "presets": {PRESET: CENTS},
        "categories": [{"code": "books", "cap_cents": 20_000}, {"code": "toys"}],
        "payment_min_cents": 100,
        "payment_cap_cents": CENTS,
        "day_cap_cents": 2 * CENTS,
        "proofs": ["key", "booklet"],
        "paper_cap_cents": 7_500,
        "refund_grace_days": 30,
        "settlement_days": 1,
        "retention_days": 2_555,
    }
    if town.layout == 2:
        rules |= {"hold_days": 7, "extension_days": 30}
    drafted = town.send("scheme:Draft", town.clerk, rules=rules, budget_cents=100 * CENTS)
    return str(drafted["id"])


def _open(town: FirstTown, name: str) -> str:
    scheme = _draft(town, name)
    town.send("scheme:Approve", town.manager, scheme=scheme)
    town.send("scheme:Open", town.clerk, scheme=scheme)
    return scheme


def _accredit(town: FirstTown) -> None:
    stores = make_town(1, 1, now().date(), seed=7).shops[:5]
    for number, store in enumerate(stores):
        till = town.desk.till(store, f"first-{number}")
        account = {
            "iban": store.iban,
            "holder": store.name,
            "kvk": store.kvk,
            "contact": "administratie",
            "salt": new_salt(),
        }
        members = {"request_id": till.shop.shop_id, "categories": ["books", "toys"]}
        till.shop.caller.invoke("shop:Apply", members, transient={"account": account})
        town.desk.in_step()
        town.tills.append(till)
    grants = [{"code": code, "from": now().date().isoformat()} for code in ("books", "toys")]
    for till in town.tills[:4]:
        town.send("shop:Approve", town.manager, shop=till.shop.shop_id, categories=grants)
    town.send("shop:Suspend", town.manager, shop=town.tills[3].shop.shop_id, reason="inspection")


def _issue(town: FirstTown, scheme: str, bound: Sequence[Wallet], *unbound: Wallet) -> None:
    cases = [
        {"voucher": wallet.voucher, "case": "Z-2017-1", "salt": new_salt()} for wallet in (*bound, *unbound)
    ]
    town.clerk.invoke(
        "voucher:RecordCases",
        {"scheme": scheme},
        transient={"cases": cases},
        organisations=town.municipality,
    )
    town.desk.in_step()
    vouchers = [
        {"id": wallet.voucher, "entitlement": new_id(), "preset": PRESET, "units": 1}
        for wallet in (*bound, *unbound)
    ]
    town.send("voucher:Issue", town.clerk, scheme=scheme, vouchers=vouchers)
    activations = [wallet.activate(town.clerk.domain, scheme) for wallet in bound]
    town.send("voucher:Activate", town.clerk, scheme=scheme, activations=activations)


def _trade(town: FirstTown) -> None:
    """Payments at three shops, some refunded; the day closed; one settlement at the bank, one drafted."""
    for till in town.tills[:3]:
        for wallet in town.wallets:
            town.pay(till, wallet)
    first, second, third = town.tills[:3]
    partly = town.pay(first, town.wallets[0], 2_000)
    lines = [{"category": "books", "cents": 500}]
    town.send("payment:Refund", first.shop.caller, payment=partly, lines=lines, reason="returned-goods")
    town.send(
        "payment:Cancel",
        second.shop.caller,
        payment=town.pay(second, town.wallets[4], 700),
        reason="wrong-item",
    )
    town.pay(third, town.blocked)
    members = {"scheme": town.scheme}
    town.send("voucher:Block", town.clerk, **members, voucher=town.blocked.voucher, reason="device-lost")
    town.send("scheme:CloseDay", town.clerk, **members, day=now().date().isoformat())
    town.exported = town.send("settlement:Draft", town.treasurer, **members, shop=first.shop.shop_id)["id"]
    town.settle(town.exported, "approve", "export")
    town.drafted = town.send("settlement:Draft", town.treasurer, **members, shop=second.shop.shop_id)["id"]
    town.pay(third, town.wallets[1])


def _hold_and_propose(town: FirstTown) -> None:
    """What layout 1 did not have: a hold, and a change that waits for a second person."""
    till, wallet = town.tills[0], town.wallets[2]
    lines: list[Line] = [{"category": "books", "cents": 1_500}]
    expires_at = int((now() + timedelta(days=2)).timestamp())
    order = till.shop.hold_order(town.scheme, wallet.voucher, lines, expires_at=expires_at)
    town.send("payment:Hold", till.shop.caller, **order.request(wallet.authorise(order)))
    town.payments.append(order.request_id)
    town.held = order.request_id
    members = {"scheme": town.scheme, "add_cents": 100, "reason": "council"}
    town.proposed = town.send("scheme:ProposeBudget", town.clerk, **members)["id"]
