"""An acquirer, who runs the tills of shops that have mandated it, tries what is beyond its mandate."""

from __future__ import annotations

from ground import Ground
from table import Attempt, by_name, case

from kindpakket.ledger.records import Line
from kindpakket.shop import Shop
from kindpakket_demo.desk import MUNICIPALITY, SHOPS, Till

BOOKS: list[Line] = [{"category": "books", "cents": 100}]


def hosted(ground: Ground, till: Till, name: str = "acquirer") -> Shop:
    """A shop's till, run by an acquirer who needs a mandate for that."""
    contract = ground.props.user(SHOPS, name, role="acquirer", person=f"p-{name}")
    return Shop(contract, till.shop.shop_id, till="kassa-1")


def mandated(ground: Ground) -> Shop:
    """The till of the shop whose mandate the acquirer has; no other shop gave it one."""
    shop = hosted(ground, ground.till)
    if "p-acquirer" not in ground.till.shop.registration.show().get("acquirers", []):
        ground.till.shop.registration.mandate("p-acquirer", "contract")
        ground.desk.in_step()
    return shop


def pay(ground: Ground, shop: Shop) -> Attempt:
    """Take a payment at a till that is run by somebody."""
    wallet = ground.wallet()
    order = shop.order(ground.scheme, wallet.voucher, BOOKS)
    return lambda: shop.pay(order, wallet.authorise(order))


@case(23, "acquirer", "charges at a shop that has not mandated it", "NOT_YOURS")
def without_mandate(ground: Ground) -> Attempt:
    mandated(ground)
    return pay(ground, hosted(ground, ground.other))


@case(23, "acquirer", "charges at a shop that has mandated another", "NOT_YOURS")
def anothers_mandate(ground: Ground) -> Attempt:
    mandated(ground)
    return pay(ground, hosted(ground, ground.till, "rival"))


@case(23, "acquirer", "charges after its mandate was withdrawn", "NOT_YOURS")
def withdrawn_mandate(ground: Ground) -> Attempt:
    shop = hosted(ground, ground.till, "former")
    ground.till.shop.registration.mandate("p-former", "contract")
    ground.desk.in_step()
    attempt = pay(ground, shop)
    ground.till.shop.registration.withdraw_mandate("p-former", "contract-ended")
    ground.desk.in_step()
    return attempt


@case(20, "acquirer by the municipality's certificate", "charges at a shop", "ROLE_REQUIRED")
def acquirer_from_elsewhere(ground: Ground) -> Attempt:
    mandated(ground)
    contract = ground.props.user(MUNICIPALITY, "stray-acquirer", role="acquirer", person="p-acquirer")
    return pay(ground, Shop(contract, ground.till.shop.shop_id))


@case(
    23,
    "acquirer without a mandate",
    "{} a payment of a shop",
    "NOT_YOURS",
    each=by_name("shows", "refunds", "cancels"),
)
def anothers_payment(ground: Ground, step: str) -> Attempt:
    payment, shop = ground.paid(ground.wallet()), hosted(ground, ground.till, "rival")
    return {
        "shows": lambda: shop.payment(payment),
        "refunds": lambda: shop.refund(payment, BOOKS, "returned-goods"),
        "cancels": lambda: shop.cancel(payment, "wrong-item"),
    }[step]


@case(
    23,
    "acquirer with a mandate",
    "{}",
    "ROLE_REQUIRED",
    each=by_name("reads what the shop is owed", "drafts the shop's settlement", "mandates another"),
)
def beyond_the_mandate(ground: Ground, step: str) -> Attempt:
    shop = mandated(ground)
    return {
        "reads what the shop is owed": lambda: list(shop.settlements.unsettled(ground.scheme)),
        "drafts the shop's settlement": lambda: shop.settlements.draft(ground.scheme),
        "mandates another": lambda: shop.registration.mandate("p-rival", "contract"),
    }[step]


@case(23, "shop B", "mandates an acquirer for shop A", "NOT_YOURS")
def mandate_of_another(ground: Ground) -> Attempt:
    shop = Shop(ground.other.shop.caller.contract, ground.till.shop.shop_id)
    return lambda: shop.registration.mandate("p-rival", "contract")


@case(23, "shop", "names a till that is not in its certificate", "INVALID_CODE")
def foreign_till(ground: Ground) -> Attempt:
    return pay(ground, Shop(ground.till.shop.caller.contract, ground.till.shop.shop_id, till="kassa-9"))
