"""A shop's till: what a voucher can pay for, payments, holds and refunds.

`kindpakket.ledger.caller.Caller` lists what each call may raise. A `request_id` is 32 hexadecimal characters;
without one, a new id is used. A `receipt` is a hash that `receipt_hash` makes of the till's own reference.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from kindpakket.holder.orders import FIRST_VERSION, AllowanceOrder, HoldOrder, PaymentOrder, ReleaseOrder
from kindpakket.ledger.caller import Caller, Ledger
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.records import (
    Allowance,
    Binding,
    DayEntry,
    Line,
    Payment,
    Proof,
    Refund,
    ReleasedByHolder,
    SelfBlocked,
    ShopTerms,
)
from kindpakket.ledger.requests import RequestDesk
from kindpakket.shop.gathering import Gathering
from kindpakket.shop.gathering.queue import MOST
from kindpakket.shop.orders import DEADLINE_SECONDS, Orders
from kindpakket.shop.registration import RegistrationDesk
from kindpakket.shop.settlements import ShopSettlementDesk


class Shop(Orders):
    """One shop, acting as the identity of the contract's gateway.

        order = shop.order(scheme, voucher, [{"category": "books", "cents": 1295}])
        payment = shop.pay(order, key.authorise(order))

    A slip that was scanned, or a page that was typed, says which voucher it is of:

        slip = read_code(text, PrintedPages(path))  # kindpakket.holder.printed_pages
        order = shop.order(slip.scheme, slip.voucher, lines)
        payment = shop.pay(order, slip.page.authorise(order))

    For goods that are ordered now and handed over later, hold the money and capture it at the handover, or a
    part at each handover:

        order = shop.hold_order(scheme, voucher, lines, expires_at=in_three_days)
        held = shop.hold(order, key.authorise(order))
        first = shop.capture_part(held["id"], some_of_the_lines)
        payment = shop.capture(held["id"], rest_of_the_lines)

    An acquirer acts for each shop of its organisation that has mandated it, with its own identity:

        hosted = Shop(contract_of_the_acquirer, shop_id, till="kassa-2")

    Attributes:
        caller: calls any transaction by name.
        requests: settles requests whose outcome is unknown.
        registration: the shop's own record: accreditation, account, mandates, limit of refunds.
        settlements: what the shop is still owed.
        shop_id: the shop's id, the attribute `kindpakket.shop` of its certificates.
        till: for an acquirer: the shop's till, a code, which the ledger records with what it does; or None.
    """

    def __init__(
        self, contract: Ledger, shop_id: str, *, till: str | None = None, gathering: Gathering | None = None
    ) -> None:
        """Act for a shop through a contract of `fabric_gateway`.

        Args:
            contract: the contract.
            shop_id: the shop's id.
            till: for an acquirer: the shop's till.
            gathering: sends payments, captures and refunds in batches with those of the other shops that were
                given it; of one shop, see `gathering`.
        """
        self.caller = Caller(contract) if gathering is None else gathering.caller
        super().__init__(self.caller.domain, shop_id, till)
        self.requests = RequestDesk(self.caller)
        self.registration = RegistrationDesk(self.caller, shop_id)
        self.settlements = ShopSettlementDesk(self.caller, shop_id)

    @contextmanager
    def gathering(self, *, wait: float = 0.025, most: int = MOST, at_once: int = 4) -> Iterator[Shop]:
        """This shop, whose payments, captures and refunds are sent together when many arrive at once.

            with shop.gathering() as till:  # for as long as the program takes payments
                ...  # from many threads:
                payment = till.pay(order, proof)

        Each caller gets its own answer or exception, as from this shop. A payment that arrives while nothing
        is in flight is sent at once. At the end everything that waits is sent, and answered.

        Args:
            wait: the longest that a request waits for others, in seconds, 0 to 1.
            most: the most requests in a transaction, 1 to 200.
            at_once: the most transactions in flight, 1 or more.

        Raises:
            ValueError: one of them is out of bounds.
        """
        with Gathering(self.caller.contract, wait=wait, most=most, at_once=at_once) as gathering:
            yield Shop(self.caller.contract, self.shop_id, till=self.till, gathering=gathering)

    def terms(self, scheme: str) -> ShopTerms:
        """`shop:Terms`: what a scheme means for this shop now: rules, categories, closed days."""
        return cast(ShopTerms, self.caller.query("shop:Terms", {"shop": self.shop_id, "scheme": scheme}))

    def binding(self, scheme: str, voucher: str) -> Binding:
        """`voucher:Binding`: what a voucher's holder signs with, and the version of it."""
        members = {"scheme": scheme, "voucher": voucher, "shop": self.shop_id}
        return cast(Binding, self.caller.query("voucher:Binding", members))

    def allowance_order(
        self, scheme: str, voucher: str, *, version: int = FIRST_VERSION, deadline: int | None = None
    ) -> AllowanceOrder:
        """What the holder signs to show this shop what the voucher can pay; nothing is sent.

        Args:
            scheme: id of the scheme.
            voucher: id of the voucher.
            version: version of the voucher's authorisation, as in its `binding`.
            deadline: in Unix seconds; default: `DEADLINE_SECONDS` from now.
        """
        return AllowanceOrder(
            domain=self.caller.domain,
            scheme=scheme,
            voucher=voucher,
            version=version,
            shop=self.shop_id,
            deadline=int(time.time()) + DEADLINE_SECONDS if deadline is None else deadline,
        )

    def allowance(self, order: AllowanceOrder, proof: Proof | None) -> Allowance:
        """`voucher:Allowance`: what a voucher can pay at this shop now.

        Args:
            order: an order made by `allowance_order`.
            proof: the holder's proof; by a booklet, with the next page, which may pay afterwards. The
                chaincode answers no shop without one.
        """
        return cast(Allowance, self.caller.query(order.operation, order.request(proof)))

    def hold_order(
        self,
        scheme: str,
        voucher: str,
        lines: Sequence[Line],
        *,
        expires_at: int,
        version: int = FIRST_VERSION,
        deadline: int | None = None,
        request_id: str | None = None,
    ) -> HoldOrder:
        """Make a hold for the holder to authorise; nothing is sent.

        Args as for `order`; `expires_at` is the instant at which the hold expires, in Unix seconds: at most
        the allowance's `hold_days` from now, and not after its `ends_at`.
        """
        members = self._order_members(scheme, voucher, lines, version, deadline, request_id)
        return HoldOrder(**members, expires_at=expires_at)

    def pay(self, order: PaymentOrder, proof: Proof | None, *, receipt: str | None = None) -> Payment:
        """`payment:Pay`: take a payment that the holder authorised.

        If the answer is lost, call it again with the same order and receipt: it takes effect once.

        Args:
            order: an order made by `order`.
            proof: the holder's proof; the chaincode refuses a payment without one.
            receipt: the till's own reference, hashed by `receipt_hash`; the holder does not sign it.
        """
        members = self._at_till(order.request(proof), receipt)
        return cast(Payment, self.caller.invoke("payment:Pay", members))

    def hold(self, order: HoldOrder, proof: Proof | None, *, receipt: str | None = None) -> Payment:
        """`payment:Hold`: set money of a voucher aside for this shop until it is captured or released.

        If the answer is lost, call it again with the same order and receipt: it takes effect once.

        Args:
            order: an order made by `hold_order`.
            proof: the holder's proof; the chaincode refuses a hold without one.
            receipt: as in `pay`.

        Raises:
            HoldNotAllowed: the scheme allows no holds or none this long, or the voucher has too many.
        """
        members = self._at_till(order.request(proof), receipt)
        return cast(Payment, self.caller.invoke("payment:Hold", members))

    def capture(
        self,
        payment: str,
        lines: Sequence[Line],
        *,
        receipt: str | None = None,
        request_id: str | None = None,
    ) -> Payment:
        """`payment:Capture`: collect a hold, in full or in part; the rest returns to the voucher immediately.

        Args:
            payment: the held payment.
            lines: what to collect; in each category no more than is still held.
            receipt: as in `pay`; it replaces that of the hold. Default: that of the hold stays.
            request_id: default: a new id.

        Raises:
            HoldNotOpen: the hold has been captured or released, or has expired.
            HoldExceeded: the lines exceed what is held.
        """
        members = self._at_till({"payment": payment, "lines": list(lines)}, receipt)
        return cast(Payment, self.caller.invoke("payment:Capture", members, request_id=request_id))

    def capture_part(
        self,
        hold: str,
        lines: Sequence[Line],
        *,
        receipt: str | None = None,
        request_id: str | None = None,
    ) -> Payment:
        """`payment:CapturePart`: collect a part of a hold as a payment of its own; the hold keeps the rest.

        Args:
            hold: the held payment.
            lines: what to collect; in each category no more than is still held, and not all that is.
            receipt: as in `pay`, of this part.
            request_id: the id of the part's payment; default: a new id.

        Raises:
            HoldNotOpen: the hold has been captured or released, or has expired.
            HoldExceeded: the lines exceed what is still held.
            PartNotAllowed: nothing would be left on hold, or the voucher is for a product: use `capture`.
        """
        members = self._at_till({"hold": hold, "lines": list(lines)}, receipt)
        return cast(Payment, self.caller.invoke("payment:CapturePart", members, request_id=request_id))

    def release(self, payment: str, reason: str, *, request_id: str | None = None) -> Payment:
        """`payment:Release`: return all that a hold still keeps to its voucher. The reason is a code."""
        members = self._at_till({"payment": payment, "reason": reason})
        return cast(Payment, self.caller.invoke("payment:Release", members, request_id=request_id))

    def release_order(
        self,
        scheme: str,
        voucher: str,
        payment: str,
        *,
        version: int = FIRST_VERSION,
        deadline: int | None = None,
        request_id: str | None = None,
    ) -> ReleaseOrder:
        """What the holder signs to release a hold, of this shop or of any other.

        Args:
            scheme: the voucher's scheme.
            voucher: the voucher.
            payment: the hold.
            version: version of the voucher's authorisation, as in its `binding`.
            deadline: in Unix seconds; default: `DEADLINE_SECONDS` from now.
            request_id: default: a new id.
        """
        return ReleaseOrder(
            domain=self.caller.domain,
            scheme=scheme,
            voucher=voucher,
            version=version,
            request_id=request_id or new_id(),
            payment=payment,
            deadline=int(time.time()) + DEADLINE_SECONDS if deadline is None else deadline,
        )

    def release_by_holder(self, order: ReleaseOrder, proof: Proof) -> ReleasedByHolder:
        """`payment:ReleaseByHolder`: return all that a hold still keeps, because the holder says so.

        Args:
            order: an order made by `release_order`.
            proof: the holder's proof; by a booklet, with the page that the hold was agreed with.
        """
        return cast(ReleasedByHolder, self.caller.invoke(order.operation, order.request(proof)))

    def cancel(self, payment: str, reason: str, *, request_id: str | None = None) -> Payment:
        """`payment:Cancel`: undo a payment in full, on its booking day. The reason is a code."""
        members = self._at_till({"payment": payment, "reason": reason})
        return cast(Payment, self.caller.invoke("payment:Cancel", members, request_id=request_id))

    def refund(
        self,
        payment: str,
        lines: Sequence[Line],
        reason: str,
        *,
        receipt: str | None = None,
        request_id: str | None = None,
    ) -> Refund:
        """`payment:Refund`: return money of a payment to its voucher. The reason is a code.

        The receipt, as in `pay`, is the refund's own. Above the shop's limit another person has to confirm
        it: `state` is then `asked`. Under rules with `refund_days` it may have to wait for the municipality:
        `state` is then `waiting`, and `waits` says why.
        """
        members = self._at_till({"payment": payment, "lines": list(lines), "reason": reason}, receipt)
        return cast(Refund, self.caller.invoke("payment:Refund", members, request_id=request_id))

    def confirm_refund(self, refund: str, *, request_id: str | None = None) -> Refund:
        """`payment:ConfirmRefund`: agree to a refund that another person of this shop asked for.

        One of the two persons must be a shopkeeper; acquirers do not confirm. The money returns now, or the
        refund waits for the municipality as `refund` says.

        Raises:
            SecondPersonRequired: you asked for it yourself.
            RoleRequired: neither of you is a shopkeeper.
            RefundState: it was decided on before.
            RefundExceedsPayment: the payment has less left to refund; reject it.
        """
        members = {"refund": refund}
        return cast(Refund, self.caller.invoke("payment:ConfirmRefund", members, request_id=request_id))

    def reject_refund(self, refund: str, reason: str, *, request_id: str | None = None) -> Refund:
        """`payment:RejectRefund`: end or withdraw a refund that was asked for; nothing was moved.

        An acquirer withdraws only what it asked for itself. The reason is a code.
        """
        members = self._at_till({"refund": refund, "reason": reason})
        return cast(Refund, self.caller.invoke("payment:RejectRefund", members, request_id=request_id))

    def self_block(
        self, scheme: str, voucher: str, code: str, *, request_id: str | None = None
    ) -> SelfBlocked:
        """`voucher:SelfBlock`: block a voucher for its holder, who gives the self-block code."""
        members = {"scheme": scheme, "voucher": voucher, "code": code}
        return cast(SelfBlocked, self.caller.invoke("voucher:SelfBlock", members, request_id=request_id))

    def payment(self, payment: str) -> Payment:
        """`payment:Show`: a payment of this shop."""
        return cast(Payment, self.caller.query("payment:Show", {"payment": payment}))

    def refund_record(self, refund: str) -> Refund:
        """`payment:ShowRefund`: a refund of this shop."""
        return cast(Refund, self.caller.query("payment:ShowRefund", {"refund": refund}))

    def day(self, scheme: str, day: str) -> Iterator[DayEntry]:
        """`payment:OfDay`: the shop's payments, holds and refunds of a booking day, `YYYY-MM-DD`."""
        return self.caller.items("payment:OfDay", {"scheme": scheme, "shop": self.shop_id, "day": day})

    def holds(self, scheme: str) -> Iterator[Payment]:
        """`payment:Holds`: what the shop holds; a hold whose time is over stays until it is released."""
        return self.caller.items("payment:Holds", {"scheme": scheme, "shop": self.shop_id})

    def waiting_refunds(self, scheme: str) -> Iterator[Refund]:
        """`payment:WaitingRefunds`: the shop's refunds to be confirmed, or that wait for the municipality."""
        return self.caller.items("payment:WaitingRefunds", {"scheme": scheme, "shop": self.shop_id})
