"""What one attempt stands on: the town, what the attempt needs of it, and the values that must not move."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from props import Props
from support import Town
from table import Case
from verdict import Place, verdict_of

from kindpakket.auditor import Auditor
from kindpakket.holder.orders import PaymentOrder
from kindpakket.ledger.caller import Ledger
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.records import Line
from kindpakket.municipality import Municipality
from kindpakket_demo.desk import Desk, Till
from kindpakket_demo.wallets import Wallet

Values = dict[str, Any]
MARK = "organisations:Show"


class Ground:
    """The place of one attempt.

    Args:
        town: the town.
        props: what was made for several attempts.

    Attributes:
        till: a shop that sells books.
        other: another one.
    """

    def __init__(self, town: Town, props: Props) -> None:
        self.town = town
        self.props = props
        self.till, self.other = town.street.open[0], town.street.open[1]
        self._vouchers: set[tuple[str, str]] = set()
        self._schemes = {town.scheme.id}
        self._more: dict[str, Callable[[], Any]] = {}
        self._shops = {self.till.shop.shop_id, self.other.shop.shop_id}

    @property
    def desk(self) -> Desk:
        """Who is connected."""
        return self.town.desk

    @property
    def scheme(self) -> str:
        """The id of the town's scheme."""
        return self.town.scheme.id

    def wallet(self) -> Wallet:
        """A voucher of 300 euro, bound to a key, that nobody used; its values are looked at."""
        return self.watch(next(self.town.keys))

    def booklet(self) -> Wallet:
        """A voucher of 300 euro, bound to a booklet, that nobody used; its values are looked at."""
        return self.watch(next(self.town.booklets))

    def watch(self, wallet: Wallet, scheme: str | None = None, *tills: Till) -> Wallet:
        """Look at the values of a voucher, its scheme and some shops as well."""
        self._vouchers.add((scheme or self.scheme, wallet.voucher))
        self._schemes.add(scheme or self.scheme)
        self._shops |= {till.shop.shop_id for till in tills}
        return wallet

    def look(self, name: str, at: Callable[[], Any]) -> None:
        """Look at something else as well, that must not change."""
        self._more[name] = at

    def order(
        self,
        wallet: Wallet,
        cents: int = 1_000,
        *,
        category: str = "books",
        till: Till | None = None,
        scheme: str | None = None,
    ) -> PaymentOrder:
        """A payment as a till asks for it."""
        lines: list[Line] = [{"category": category, "cents": cents}]
        return (till or self.till).shop.order(scheme or self.scheme, wallet.voucher, lines)

    def paid(self, wallet: Wallet, cents: int = 1_000) -> str:
        """Take a payment at the till, which must succeed; its id."""
        order = self.order(wallet, cents)
        self.till.shop.pay(order, wallet.authorise(order))
        self.desk.in_step()
        return order.request_id

    def request(self, order: PaymentOrder, wallet: Wallet, **changes: object) -> dict[str, Any]:
        """The argument of a payment that the holder agreed to, some members of it changed afterwards."""
        return {**order.request(wallet.authorise(order)), **changes}

    def settlement(self) -> tuple[str, str]:
        """A settlement of the till's shop that the clerk has drafted: its scheme, and its id."""
        scheme, settlement = self.props.drafted
        self._schemes.add(scheme)
        return scheme, settlement

    def write(self, by: Ledger, name: str, **members: Any) -> bytes:
        """Send a request that writes, once, and wait for its commit."""
        return by.submit(name, json.dumps({"request_id": new_id(), **members}))

    def values(self) -> Values:
        """Budgets, sums, vouchers, open items and settlements, as two organisations' peers tell them."""
        self.desk.in_step()
        found = [self._values(peer) for peer in (self.desk.clerk, self.desk.auditor)]
        assert found[0] == found[1], "two peers tell different values"
        return found[0] | {name: at() for name, at in self._more.items()}

    def height(self) -> int:
        """The number of blocks, once all peers have the same."""
        self.desk.in_step()
        return self.desk.ledger(self.desk.municipality, "admin").ledger_height()

    def ordered_since(self, height: int) -> list[str]:
        """The functions of all transactions that were ordered from a block on.

        What was offered for ordering shows in a block no later than a transaction that is offered after it;
        so one is made for that, and left out.
        """
        self.mark()
        blocks = self.desk.auditor.blocks(height)
        found = [transaction.function for block in blocks for transaction in block.transactions]
        found.remove(MARK)
        return found

    def mark(self) -> None:
        """Have a transaction ordered that writes nothing."""
        self.desk.clerk.caller.contract.submit(MARK, "{}")
        self.desk.in_step()

    def refuses(self, case: Case) -> None:
        """Make a case's attempt; see that it is refused where and as it must be, and that nothing moved."""
        attempt = case.attempt(self)
        before, height = self.values(), self.height()
        try:
            answer = attempt()
        except Exception as error:
            verdict = verdict_of(error)
        else:
            raise AssertionError(f"{case} and got {answer!r}, instead of {case.code}")
        assert verdict.is_that(case.place, case.code), f"expected {case.code}, {case.place.value}: {verdict}"
        if case.place is not Place.VALIDATION:
            assert self.ordered_since(height) == [], "something was ordered"
        assert self.values() == before

    def _values(self, peer: Municipality | Auditor) -> Values:
        found: Values = {}
        for scheme in self._schemes:
            found[f"budget {scheme}"] = peer.schemes.show(scheme)["budget"]
            found[f"totals {scheme}"] = peer.audit.totals(scheme)
            found[f"settlements {scheme}"] = list(peer.settlements.list(scheme))
            for shop in self._shops:
                found[f"unsettled {scheme} {shop}"] = list(peer.payments.unsettled(scheme, shop))
        for scheme, voucher in self._vouchers:
            found[f"voucher {voucher}"] = peer.vouchers.show(scheme, voucher)
        return found
