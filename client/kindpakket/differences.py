"""Compares the auditor's books with the state that a peer's chaincode answers from, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from kindpakket.books import (
    Books,
    PaymentBook,
    SchemeBook,
    SettlementBook,
    ShopBook,
    VoucherBook,
)
from kindpakket.queries import Queries
from kindpakket.records import Payment, SchemeView, Settlement, Shop, Voucher
from kindpakket.refusals import PaymentNotFound

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Difference:
    """A member that the books and the state disagree about; None: one side lacks the thing.

    Attributes:
        thing: what it is about, such as `voucher <id>`.
        member: the member of the record.
        replayed: its value by the requests in the blocks.
        stored: its value by the state.
    """

    thing: str
    member: str
    replayed: object
    stored: object

    def __str__(self) -> str:
        return f"{self.thing}, {self.member}: {self.replayed!r} by the blocks, {self.stored!r} by the state"


def differences(books: Books, ledger: Queries) -> Iterator[Difference]:
    """Everything that is not the same in the books and in the state.

    Args:
        books: a replay of all blocks.
        ledger: asks a peer that has the same blocks and no more.
    """
    schemes = {scheme["id"]: scheme for scheme in ledger.schemes()}
    yield from _missing("scheme", books.schemes, schemes)
    for scheme in books.schemes.values():
        if scheme.id in schemes:
            yield from _scheme(scheme, ledger)
    yield from _shops(books, ledger)
    yield from _payments(books, ledger)
    for scheme_id in books.schemes:
        yield from _unsettled(books, scheme_id, ledger)


def _scheme(scheme: SchemeBook, ledger: Queries) -> Iterator[Difference]:
    thing = f"scheme {scheme.id}"
    yield from _compare(thing, _scheme_members(scheme), _stored_scheme(ledger.scheme(scheme.id)))
    vouchers = {voucher["id"]: voucher for voucher in ledger.vouchers(scheme.id)}
    yield from _missing("voucher", scheme.vouchers, vouchers)
    for voucher_id, voucher in scheme.vouchers.items():
        if voucher_id in vouchers:
            stored = _stored_voucher(vouchers[voucher_id])
            yield from _compare(f"voucher {voucher_id}", _voucher_members(voucher), stored)
    sums = {**scheme.terms().as_members(), "vouchers": len(scheme.vouchers)}
    yield from _compare(f"audit:Totals of {thing}", sums, dict(ledger.totals(scheme.id)))


def _shops(books: Books, ledger: Queries) -> Iterator[Difference]:
    stored = {shop["id"]: shop for shop in ledger.shops()}
    yield from _missing("shop", books.shops, stored)
    for shop in books.shops.values():
        if shop.id in stored:
            yield from _compare(f"shop {shop.id}", _shop_members(shop), _stored_shop(stored[shop.id]))


def _payments(books: Books, ledger: Queries) -> Iterator[Difference]:
    def stored(payment: PaymentBook) -> Payment | None:
        try:
            return ledger.payment(payment.id)
        except PaymentNotFound:
            return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for payment, found in zip(
            books.payments.values(), pool.map(stored, books.payments.values()), strict=True
        ):
            if found is None:
                yield Difference(f"payment {payment.id}", "id", payment.id, None)
            else:
                yield from _compare(
                    f"payment {payment.id}", _payment_members(payment), _stored_payment(found)
                )


def _unsettled(books: Books, scheme_id: str, ledger: Queries) -> Iterator[Difference]:
    """Settlements and open items of a scheme."""
    own = {key: one for key, one in books.settlements.items() if one.scheme == scheme_id}
    stored = {settlement["id"]: settlement for settlement in ledger.settlements(scheme_id)}
    yield from _missing("settlement", own, stored)
    for settlement_id in own.keys() & stored.keys():
        yield from _compare(
            f"settlement {settlement_id}",
            _settlement_members(own[settlement_id]),
            _stored_settlement(stored[settlement_id]),
        )
    opened = books.schemes[scheme_id].unsettled
    for shop in books.shops:
        replayed = dict(opened.get(shop, {}))
        found = {(item["day"], item["id"]): item["cents"] for item in ledger.unsettled(scheme_id, shop)}
        if replayed != found:
            thing = f"shop {shop} under scheme {scheme_id}"
            yield Difference(thing, "open items", sorted(replayed.items()), sorted(found.items()))


def _missing(kind: str, replayed: Iterable[str], stored: Iterable[str]) -> Iterator[Difference]:
    ours, theirs = set(replayed), set(stored)
    for key in sorted(ours - theirs):
        yield Difference(f"{kind} {key}", "id", key, None)
    for key in sorted(theirs - ours):
        yield Difference(f"{kind} {key}", "id", None, key)


def _compare(
    thing: str, replayed: Mapping[str, object], stored: Mapping[str, object]
) -> Iterator[Difference]:
    for member, value in replayed.items():
        if stored.get(member) != value:
            yield Difference(thing, member, value, stored.get(member))


def _scheme_members(scheme: SchemeBook) -> dict[str, object]:
    return {
        "state": scheme.state,
        "closed_until": scheme.closed_until,
        **scheme.rules,
        **scheme.budget_members(),
    }


def _stored_scheme(view: SchemeView) -> dict[str, object]:
    return {
        **view["rules"],
        **view["budget"],
        "state": view["scheme"]["state"],
        "closed_until": view["closed_until"],
    }


def _voucher_members(voucher: VoucherBook) -> dict[str, object]:
    members: dict[str, object] = {
        "state": voucher.state,
        "entitlement": voucher.entitlement,
        "preset": voucher.preset,
        "units": voucher.units,
        "ends_at": voucher.ends_at,
        "spent_by_category": _amounts(voucher.by_category),
        "day": {"date": voucher.day, "cents": voucher.day_cents},
        **voucher.terms.as_members(),
    }
    if voucher.authorisation is not None:
        bound: dict[str, object] = {**voucher.authorisation, "version": voucher.version}
        if voucher.authorisation["kind"] == "booklet":
            bound["last_page"] = voucher.last_page
        members["authorisation"] = bound
    return members


def _stored_voucher(voucher: Voucher) -> dict[str, object]:
    return {**voucher, "spent_by_category": _amounts(voucher.get("spent_by_category", {}))}


def _payment_members(payment: PaymentBook) -> dict[str, object]:
    return {
        "scheme": payment.scheme,
        "shop": payment.shop,
        "voucher": payment.voucher,
        "lines": list(payment.lines),
        "cents": payment.cents,
        "refunded": _amounts(payment.refunded),
        "refunded_cents": payment.refunded_cents,
        "state": payment.state,
        "day": payment.day,
        "at": payment.at,
        "proof": payment.proof,
    }


def _stored_payment(payment: Payment) -> dict[str, object]:
    return {**payment, "refunded": _amounts(payment.get("refunded", {}))}


def _settlement_members(settlement: SettlementBook) -> dict[str, object]:
    return {
        "shop": settlement.shop,
        "state": settlement.state,
        "items": list(settlement.items),
        "cents": settlement.cents,
        "through": settlement.through,
        "drafted_by": settlement.drafted_by,
        "file_sha256": settlement.file_sha256,
    }


def _stored_settlement(settlement: Settlement) -> dict[str, object]:
    return {"file_sha256": "", **settlement}


def _shop_members(shop: ShopBook) -> dict[str, object]:
    return {
        "msp": shop.msp,
        "state": shop.state,
        "requested": list(shop.requested),
        "categories": shop.categories,
    }


def _stored_shop(shop: Shop) -> dict[str, object]:
    return {**shop, "categories": {grant["code"]: grant["from"] for grant in shop["categories"]}}


def _amounts(by_category: Mapping[str, int]) -> dict[str, int]:
    """Categories without money are the same as none."""
    return {category: cents for category, cents in by_category.items() if cents}
