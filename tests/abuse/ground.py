"""The setting of one attempt: the town, what the attempt uses of it, and the values that must not change."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from props import Props
from support import Town
from table import Case
from verdict import Place, verdict_of

from kindpakket.auditor import Auditor
from kindpakket.holder.orders import PaymentOrder
from kindpakket.ledger.caller import Ledger
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import Issuance, Line, TopUp
from kindpakket.municipality import Municipality
from kindpakket_demo.desk import Desk, Till
from kindpakket_demo.vouchers import allocate
from kindpakket_demo.wallets import Wallet

Values = dict[str, Any]
MARK = "organisations:Show"


class Ground:
    """The setting of one attempt.

    Args:
        town: the town.
        props: what several attempts share.

    Attributes:
        till: a shop that sells books.
        other: another such shop.
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
        """The connected users."""
        return self.town.desk

    @property
    def scheme(self) -> str:
        """The id of the town's scheme."""
        return self.town.scheme.id

    def wallet(self) -> Wallet:
        """An unused voucher of 300 euros, bound to a key; its values are watched."""
        return self.watch(next(self.town.keys))

    def booklet(self) -> Wallet:
        """An unused voucher of 300 euros, bound to a booklet; its values are watched."""
        return self.watch(next(self.town.booklets))

    def watch(self, wallet: Wallet, scheme: str | None = None, *tills: Till) -> Wallet:
        """Also watch the values of a voucher, its scheme and some shops."""
        self._vouchers.add((scheme or self.scheme, wallet.voucher))
        self._schemes.add(scheme or self.scheme)
        self._shops |= {till.shop.shop_id for till in tills}
        return wallet

    def look(self, name: str, at: Callable[[], Any]) -> None:
        """Also watch some other value that must not change."""
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
        """A payment, as a till requests it."""
        lines: list[Line] = [{"category": category, "cents": cents}]
        return (till or self.till).shop.order(scheme or self.scheme, wallet.voucher, lines)

    def paid(self, wallet: Wallet, cents: int = 1_000) -> str:
        """Take a payment at the till, which must succeed, and return its id."""
        order = self.order(wallet, cents)
        self.till.shop.pay(order, wallet.authorise(order))
        self.desk.in_step()
        return order.request_id

    def request(self, order: PaymentOrder, wallet: Wallet, **changes: object) -> dict[str, Any]:
        """The argument of a payment that the holder authorised, with some members changed afterwards."""
        return {**order.request(wallet.authorise(order)), **changes}

    def settlement(self) -> tuple[str, str]:
        """A settlement of the till's shop that the clerk has drafted: its scheme and its id."""
        scheme, settlement = self.props.drafted
        self._schemes.add(scheme)
        return scheme, settlement

    def write(self, by: Ledger, name: str, **members: Any) -> bytes:
        """Send a request that writes, once, and wait for its commit."""
        return by.submit(name, json.dumps({"request_id": new_id(), **members}))

    def issuing(
        self, *lines: Issuance, scheme: str | None = None, cents: int | None = None
    ) -> Callable[[], Any]:
        """Issue vouchers by a list that two persons have agreed on."""
        listed = ApprovableList([lines])
        allocation = allocate(self.desk, scheme or self.scheme, "issue", listed, cents)
        return partial(self.desk.clerk.vouchers.issue, scheme or self.scheme, allocation, listed.parts[0])

    def topping_up(self, *lines: TopUp) -> Callable[[], Any]:
        """Top up vouchers by a list that two persons have agreed on."""
        listed = ApprovableList([lines])
        allocation = allocate(self.desk, self.scheme, "top-up", listed)
        return partial(
            self.desk.clerk.vouchers.top_up, self.scheme, allocation, listed.parts[0], "second-child"
        )

    def values(self) -> Values:
        """Budgets, sums, vouchers, open items and settlements, as two organisations' peers report them."""
        self.desk.in_step()
        mine, theirs = (self._values(peer) for peer in (self.desk.clerk, self.desk.auditor))
        assert mine == theirs, "two peers report different values"
        return mine | self._looks()

    def height(self) -> int:
        """The number of blocks, once all peers have the same number."""
        self.desk.in_step()
        return self.desk.ledger(self.desk.municipality, "admin").ledger_height()

    def ordered_since(self, height: int) -> list[str]:
        """The functions of all transactions that were ordered since a block.

        What was submitted for ordering appears in a block no later than a transaction that is submitted after
        it. So a further transaction is submitted, and left out of the result.
        """
        self.mark()
        blocks = self.desk.auditor.blocks(height)
        functions = [transaction.function for block in blocks for transaction in block.transactions]
        functions.remove(MARK)
        return functions

    def mark(self) -> None:
        """Submit a transaction that writes nothing."""
        self.desk.clerk.caller.contract.submit(MARK, "{}")
        self.desk.in_step()

    def refuses(self, case: Case) -> None:
        """Make a case's attempt, which must be refused where and how the case says, and change nothing.

        Values are what the blocks make of them, so they are compared where the attempt is in a block; of the
        others it is shown that none is.
        """
        attempt = case.attempt(self)
        ordered = case.place is Place.VALIDATION
        before, height = self.values() if ordered else self._looks(), self.height()
        try:
            answer = attempt()
        except Exception as error:
            verdict = verdict_of(error)
        else:
            raise AssertionError(f"{case} and got {answer!r}, instead of {case.code}")
        assert verdict.is_that(case.place, case.code), f"expected {case.code}, {case.place.value}: {verdict}"
        if not ordered:
            assert self.ordered_since(height) == [], "something was ordered"
        assert (self.values() if ordered else self._looks()) == before

    def _looks(self) -> Values:
        return {name: at() for name, at in self._more.items()}

    def _values(self, peer: Municipality | Auditor) -> Values:
        values: Values = {}
        for scheme in self._schemes:
            values[f"budget {scheme}"] = peer.schemes.show(scheme)["budget"]
            values[f"totals {scheme}"] = peer.audit.totals(scheme)
            values[f"settlements {scheme}"] = list(peer.settlements.list(scheme))
            for shop in self._shops:
                values[f"unsettled {scheme} {shop}"] = list(peer.payments.unsettled(scheme, shop))
        for scheme, voucher in self._vouchers:
            values[f"voucher {voucher}"] = peer.vouchers.show(scheme, voucher)
        return values
