"""Compares the auditor's books, to the cent, with the state from which a peer's chaincode answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from kindpakket.auditor.books import Books, SchemeBook, SettlementBook, amounts
from kindpakket.auditor.books.waiting import waiting
from kindpakket.ledger.reader import Reader
from kindpakket.ledger.records import Rules, Settlement, Shop

_BY_CATEGORY = ("spent_by_category", "held_by_category", "refunded", "captured")
_RULES = tuple(Rules.__annotations__)
_TERM = frozenset({"proposed_at", "expires_at", "base_version"})
"""What changes proposed before layout 3 lack."""
_LATER = frozenset({"claimed_at"})
"""What records from before it was kept lack; those that have it must have the right one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A member on which the books and the state disagree.

    Attributes:
        thing: the record, such as `voucher <id>`.
        member: the member of the record; `id` if one side lacks the record.
        replayed: its value according to the requests in the blocks; None if they have none.
        stored: its value in the state; None if it has none.
    """

    thing: str
    member: str
    replayed: object
    stored: object

    def __str__(self) -> str:
        """The difference on one line."""
        return (
            f"{self.thing}, {self.member}: {self.replayed!r} according to the blocks, "
            f"{self.stored!r} in the state"
        )


class BookEntry(Protocol):
    """An entry of the books, which knows what the ledger's record of it must contain."""

    def members(self) -> dict[str, object]:
        """The record's members; None for those that it leaves out."""


def differences(books: Books, ledger: Reader) -> Iterator[Difference]:
    """Everything on which the books and the state disagree.

    Args:
        books: the books after a replay of all blocks.
        ledger: reads from a peer at the same height.
    """
    if (organisations := books.organisations_in_force()) is not None:
        replayed = {**organisations, "ended": organisations.get("ended") or None}
        yield from _compare("organisations", replayed, ledger.organisations.show())
    if books.later_organisations:
        proposed = (
            {**organisation, "id": organisation["msp"]} for organisation in ledger.organisations.list()
        )
        yield from _records("organisation", books.later_organisations, proposed)
    schemes = _by_id(ledger.schemes.list())
    yield from _missing("scheme", books.schemes, schemes)
    for scheme in books.schemes.values():
        if scheme.id in schemes:
            yield from _scheme(books, scheme, schemes[scheme.id], ledger)
    yield from _records("shop", books.shops, map(_stored_shop, ledger.shops.list()))
    for scheme_id in books.schemes:
        yield from _shop_money(books, scheme_id, ledger)
    if books.layout >= 3:
        yield from _records("decision", books.decisions, ledger.decisions.list())
        yield from _waiting(books, ledger)
    if books.layout >= 2:
        yield from _records("erasure", books.erasures, map(_stored_erasure, ledger.erasures.list()))
    for request in sorted(books.voided):
        stored = {"state": ledger.requests.show(request)["state"]}
        yield from _compare(f"request {request}", {"state": "void"}, stored)


def _waiting(books: Books, ledger: Reader) -> Iterator[Difference]:
    """The list of what waits for a second person."""
    replayed = {f"{entry.kind} {entry.id}": entry for entry in waiting(books)}
    stored = ({**entry, "id": f"{entry['kind']} {entry['id']}"} for entry in ledger.decisions.waiting())
    yield from _records("waiting", replayed, stored)


def _scheme(
    books: Books, scheme: SchemeBook, stored: Mapping[str, Any], ledger: Reader
) -> Iterator[Difference]:
    thing = f"scheme {scheme.id}"
    view = ledger.schemes.show(scheme.id)
    yield from _compare(thing, scheme.members(), stored)
    yield from _compare(thing, {"closed_until": scheme.closed_until}, view)
    # A chaincode from before there were allocations shows none.
    yield from _compare(thing, scheme.budget_members(), {"allocated_cents": 0, **view["budget"]})
    for version, rules in enumerate(scheme.versions, 1):
        newest = version == len(scheme.versions)
        agreed = view["rules"] if newest else ledger.schemes.rules(scheme.id, version)
        replayed = {name: rules.get(name) for name in _RULES}
        replayed["presets"] = rules.get("presets", {})
        yield from _compare(f"rules {version} of {thing}", replayed, agreed)
    if scheme.changes:
        yield from _records(f"{thing}, change", scheme.changes, ledger.schemes.changes(scheme.id))
    if books.layout >= 3:
        yield from _records(f"{thing}, allocation", scheme.allocations, ledger.allocations.list(scheme.id))
    yield from _records("voucher", scheme.vouchers, ledger.vouchers.list(scheme.id))
    sums = {**scheme.terms().as_members(), "vouchers": len(scheme.vouchers)}
    yield from _compare(f"audit:Totals of {thing}", sums, ledger.audit.totals(scheme.id))


def _shop_money(books: Books, scheme_id: str, ledger: Reader) -> Iterator[Difference]:
    """Payments, settlements and open items of a scheme."""
    payments = {payment.id: payment for payment in books.payments.values() if payment.scheme == scheme_id}
    yield from _records("payment", payments, ledger.payments.list(scheme_id))
    if books.layout >= 3:
        waiting = {
            refund.id: refund
            for refund in books.refunds.values()
            if refund.scheme == scheme_id and refund.state in ("asked", "waiting", "endorsed")
        }
        yield from _records("waiting refund", waiting, ledger.payments.waiting_refunds(scheme_id))
        yield from _returned(books, scheme_id, ledger)
    settlements = {
        settlement.id: settlement
        for settlement in books.settlements.values()
        if settlement.scheme == scheme_id
    }
    yield from _records(
        "settlement", settlements, map(_stored_settlement, ledger.settlements.list(scheme_id))
    )
    for settlement in settlements.values():
        yield from _items(settlement, ledger)
    unsettled = books.schemes[scheme_id].unsettled
    for shop in books.shops:
        replayed = dict(unsettled.get(shop, {}))
        stored = {
            (item["day"], item["id"]): item["cents"] for item in ledger.payments.unsettled(scheme_id, shop)
        }
        if replayed != stored:
            thing = f"shop {shop} under scheme {scheme_id}"
            yield Difference(thing, "open items", sorted(replayed.items()), sorted(stored.items()))


def _returned(books: Books, scheme_id: str, ledger: Reader) -> Iterator[Difference]:
    """The refunds whose money returned, as their shops find them by day.

    That none lacks, and none is too much, is seen from the open items and those of the settlements. Days of
    before layout 3 may not have been indexed.
    """
    returned = [refund for refund in books.refunds.values() if refund.scheme == scheme_id and refund.day]
    for shop, day in sorted({(refund.shop, refund.day) for refund in returned}):
        for entry in ledger.payments.of_day(scheme_id, shop, day):
            if "refund" in entry and entry["id"] in books.refunds:
                members = books.refunds[entry["id"]].members()
                yield from _compare(f"refund {entry['id']}", members, entry["refund"])


def _items(settlement: SettlementBook, ledger: Reader) -> Iterator[Difference]:
    """The items of a settlement, which its record only counts."""
    if not settlement.items or not settlement.holds_items:
        return
    stored = list(ledger.settlements.items(settlement.scheme, settlement.id))
    if stored != list(settlement.items):
        yield Difference(f"settlement {settlement.id}", "items", list(settlement.items), stored)


def _records(
    kind: str, replayed: Mapping[str, BookEntry], stored: Iterable[Mapping[str, Any]]
) -> Iterator[Difference]:
    """Records of one kind: those that one side lacks, and members that differ."""
    records = _by_id(stored)
    yield from _missing(kind, replayed, records)
    for key, entry in replayed.items():
        if key in records:
            yield from _compare(f"{kind} {key}", entry.members(), _without_zeros(records[key]))


def _by_id(records: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {record["id"]: record for record in records}


def _missing(kind: str, replayed: Iterable[str], stored: Iterable[str]) -> Iterator[Difference]:
    replayed_keys, stored_keys = set(replayed), set(stored)
    for key in sorted(replayed_keys - stored_keys):
        yield Difference(f"{kind} {key}", "id", key, None)
    for key in sorted(stored_keys - replayed_keys):
        yield Difference(f"{kind} {key}", "id", None, key)


def _compare(
    thing: str, replayed: Mapping[str, object], stored: Mapping[str, object]
) -> Iterator[Difference]:
    has_no_term = "proposed_at" not in stored
    for member, value in replayed.items():
        found = stored.get(member)
        earlier = (
            (has_no_term and member in _TERM and "proposed_at" in replayed)
            or (member in _LATER and member not in stored)
            or _is_same(value, found)
        )
        if found != value and not earlier:
            yield Difference(thing, member, value, found)


def _is_same(replayed: object, stored: object) -> bool:
    """Whether a record from before layout 3 names the same person, without the organisation."""
    if not (isinstance(replayed, str) and isinstance(stored, str)):
        return False
    organisation, _, person = replayed.rpartition("/")
    return bool(organisation) and person == stored


def _without_zeros(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without categories of zero cents, which mean the same as none."""
    return {
        member: amounts(value or {}) if member in _BY_CATEGORY else value for member, value in record.items()
    }


def _stored_shop(shop: Shop) -> dict[str, object]:
    """The shop with its categories by code, and without hashes of private data, which no request contains."""
    members = cast(dict[str, object], {**shop})
    members["categories"] = {grant["code"]: grant["from"] for grant in shop["categories"]}
    if "account_change" in shop:
        change = shop["account_change"]
        members["account_change"] = change["id"]
        members["account_proposed_by"] = change["proposed_by"]
    return members


def _stored_settlement(settlement: Settlement) -> dict[str, object]:
    """The settlement; one collected under layout 2 does not say how much was, since it was all of it."""
    members = cast(dict[str, object], {**settlement})
    if settlement["state"] == "collected":
        members.setdefault("collected_cents", -settlement["cents"])
    return members


def _stored_erasure(erasure: Mapping[str, Any]) -> dict[str, object]:
    """The erasure with the ids of its records only: no request contains their hashes."""
    return {**erasure, "records": sorted({record["id"] for record in erasure["records"]})}
