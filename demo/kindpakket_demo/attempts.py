"""What must be refused. The demo makes each attempt, and fails unless it gets the expected refusal."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from fabric_gateway import SubmitError
from kindpakket.ledger.records import Line
from kindpakket.ledger.refusals import Refusal
from kindpakket.municipality import Municipality
from kindpakket_demo.desk import AUDITOR, DemoFailed, Desk, Till
from kindpakket_demo.schemes import CATEGORY_CAPS, CENTS_PER_CHILD, PAPER_CAP_CENTS, OpenScheme
from kindpakket_demo.shops import Street
from kindpakket_demo.spending import Purse

FORBIDDEN = "FORBIDDEN (by the consenters)"


class Attempts:
    """Counts refusals by code.

    Attributes:
        refused: number of refusals by code.
    """

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()

    def expect(self, code: str, attempt: Callable[[], object]) -> None:
        """Make an attempt that must be refused with this code.

        Raises:
            DemoFailed: the attempt succeeded, or was refused with another code.
        """
        try:
            attempt()
        except Refusal as refusal:
            self.refused[refusal.code] += 1
            if refusal.code != code:
                raise DemoFailed(f"expected the refusal {code}, got {refusal}") from refusal
            return
        raise DemoFailed(f"expected the refusal {code}, but the request succeeded")


def against_payments(
    attempts: Attempts, scheme: OpenScheme, street: Street, by_key: Purse, by_page: Purse
) -> None:
    """Try payments that a shop must not get.

    Args:
        attempts: counts the refusals.
        scheme: the provision.
        street: its shops.
        by_key: a voucher whose holder has a key; it has already paid.
        by_page: a voucher whose holder has a booklet; it has already paid.
    """
    till = _selling(street, "bikes")
    other = _selling(street, "books")

    def pay(purse: Purse, category: str, cents: int, at: Till = till) -> object:
        lines: list[Line] = [{"category": category, "cents": cents}]
        order = at.shop.order(scheme.id, purse.wallet.voucher, lines)
        return at.shop.pay(order, purse.wallet.authorise(order))

    def without_proof() -> object:
        order = till.shop.order(scheme.id, by_key.wallet.voucher, [{"category": "bikes", "cents": 500}])
        return till.shop.pay(order, None)

    def more_than_signed() -> object:
        order = till.shop.order(scheme.id, by_key.wallet.voucher, [{"category": "bikes", "cents": 500}])
        proof = by_key.wallet.authorise(order)
        return till.shop.pay(replace(order, lines=({"category": "bikes", "cents": 5_000},)), proof)

    def page_again() -> object:
        order = till.shop.order(scheme.id, by_page.wallet.voucher, [{"category": "bikes", "cents": 500}])
        return till.shop.pay(order, by_page.wallet.authorise_again(order))

    def for_another_shop() -> object:
        order = other.shop.order(scheme.id, by_key.wallet.voucher, [{"category": "books", "cents": 500}])
        return till.shop.pay(order, by_key.wallet.authorise(order))

    computers = _selling(street, "computer")
    attempts.expect("HOLDER_PROOF_MISSING", without_proof)
    attempts.expect("HOLDER_PROOF_INVALID", more_than_signed)
    attempts.expect("HOLDER_PROOF_INVALID", page_again)
    attempts.expect("NOT_YOURS", for_another_shop)
    attempts.expect("INSUFFICIENT_BALANCE", lambda: pay(by_key, "bikes", by_key.available + 1))
    attempts.expect("CATEGORY_NOT_ALLOWED", lambda: pay(by_key, "books", 500))
    attempts.expect(
        "CATEGORY_CAP_EXCEEDED", lambda: pay(by_key, "computer", CATEGORY_CAPS["computer"] + 1, computers)
    )
    attempts.expect("PAYMENT_CAP_EXCEEDED", lambda: pay(by_key, "bikes", CENTS_PER_CHILD + 1))
    attempts.expect("PAPER_CAP_EXCEEDED", lambda: pay(by_page, "bikes", PAPER_CAP_CENTS + 1))
    attempts.expect("SHOP_NOT_APPROVED", lambda: pay(by_key, "books", 500, street.applicant))


def against_a_blocked_voucher(
    attempts: Attempts, desk: Desk, scheme: OpenScheme, street: Street, purse: Purse
) -> None:
    """A holder has lost the device: the voucher is blocked at once and pays no more."""
    till = _selling(street, "books")
    desk.clerk.vouchers.block(scheme.id, purse.wallet.voucher, "device-lost")
    desk.in_step()
    order = till.shop.order(scheme.id, purse.wallet.voucher, [{"category": "books", "cents": 500}])
    attempts.expect("VOUCHER_BLOCKED", lambda: till.shop.pay(order, purse.wallet.authorise(order)))


def against_an_ended_scheme(
    attempts: Attempts, short: OpenScheme, street: Street, purses: list[Purse]
) -> None:
    """Try to pay with vouchers of the short scheme after its end."""
    till = _selling(street, "books")
    while time.time() <= short.rules["ends_at"]:
        time.sleep(0.2)
    for purse in purses:
        order = till.shop.order(short.id, purse.wallet.voucher, [{"category": "books", "cents": 500}])
        proof = purse.wallet.authorise(order)
        attempts.expect("VOUCHER_EXPIRED", lambda order=order, proof=proof: till.shop.pay(order, proof))  # type: ignore[misc]


def against_power(attempts: Attempts, desk: Desk, scheme: OpenScheme) -> None:
    """Try what no organisation may do alone.

    Raises:
        DemoFailed: an attempt was not refused.
    """
    same_person = desk.network.enrol(
        desk.municipality,
        "clerk-as-approver",
        {"kindpakket.role": "approver", "kindpakket.person": "p-clerk"},
    )
    alone = Municipality(desk.contract(desk.municipality, same_person.parent.name))
    draft = desk.clerk.schemes.draft({**scheme.rules, "name": "drafted-alone"}, 100_000)
    attempts.expect("SECOND_PERSON_REQUIRED", lambda: alone.schemes.approve(draft["id"]))
    attempts.expect("ROLE_REQUIRED", lambda: desk.clerk.schemes.approve(draft["id"]))
    administrator = Municipality(desk.contract(desk.municipality, "admin"))
    attempts.expect("ROLE_REQUIRED", lambda: administrator.schemes.open(scheme.id))
    desk.in_step()
    _auditor_cannot_submit(attempts, desk, scheme)


def _auditor_cannot_submit(attempts: Attempts, desk: Desk, scheme: OpenScheme) -> None:
    """The auditor submits a query: the peers endorse it, the consenters refuse to order it."""
    contract = desk.contract(AUDITOR, "auditor")
    try:
        contract.submit("scheme:Show", json.dumps({"scheme": scheme.id}))
    except SubmitError as error:
        if not error.forbidden:
            raise DemoFailed(
                f"the auditor's transaction failed, but not because it is forbidden: {error}"
            ) from error
        attempts.refused[FORBIDDEN] += 1
        return
    raise DemoFailed("the auditor's client could submit a transaction")


def _selling(street: Street, category: str) -> Till:
    return next(till for till in street.open if till.store.categories[0] == category)
