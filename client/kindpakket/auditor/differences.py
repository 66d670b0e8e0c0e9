"""Compares the auditor's books, to the cent, with the state from which a peer's chaincode answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar, cast

from kindpakket.auditor.asking import Ahead, Met
from kindpakket.auditor.books import Books, SchemeBook, amounts
from kindpakket.auditor.books.waiting import waiting
from kindpakket.auditor.store import Shelf
from kindpakket.ledger.reader import Reader
from kindpakket.ledger.records import Rules, Settlement, Shop

_Book = TypeVar("_Book")
_Record = TypeVar("_Record")
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

    @property
    def cents(self) -> int | None:
        """By how many cents they differ, if the member is an amount."""
        if type(self.replayed) is int and type(self.stored) is int and self.member.endswith("cents"):
            return abs(self.replayed - self.stored)
        return None

    @property
    def kind(self) -> str:
        """What kind of record it is: `voucher`, `open-items`."""
        return "open-items" if self.member == "open items" else self.thing.partition(" ")[0]

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


def differences(books: Books, ledger: Reader, since: int = 0) -> Iterator[Difference]:
    """Everything on which the books and the state disagree. Several queries are asked at once.

    Args:
        books: the books after a replay of all blocks.
        ledger: reads from a peer at the same height.
        since: leave out what takes a query for each record and has not changed from this height on: the items
            of settlements and the days of refunds. 0: leave out nothing.
    """
    with Ahead() as ahead:
        yield from _differences(books, ledger, since, ahead)


def _differences(books: Books, ledger: Reader, since: int, ahead: Ahead) -> Iterator[Difference]:
    if (organisations := books.organisations_in_force()) is not None:
        replayed = {**organisations, "ended": organisations.get("ended") or None}
        yield from compare("organisations", replayed, ledger.organisations.show())
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
    yield from _records("shop", books.shops, map(stored_shop, ledger.shops.list()))
    yield from _money(books, ledger, since, ahead)
    if books.layout >= 3:
        yield from _records("decision", books.decisions, ledger.decisions.list())
        yield from _waiting(books, ledger)
    if books.layout >= 2:
        yield from _records("erasure", books.erasures, map(stored_erasure, ledger.erasures.list()))
    voided = ((request, partial(ledger.requests.show, request)) for request in sorted(books.voided))
    for request, outcome in ahead.answers(voided):
        yield from compare(f"request {request}", {"state": "void"}, {"state": outcome["state"]})


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
    yield from compare(thing, scheme.members(), stored)
    yield from compare(thing, {"closed_until": scheme.closed_until}, view)
    # A chaincode from before there were allocations shows none.
    yield from compare(thing, scheme.budget_members(), {"allocated_cents": 0, **view["budget"]})
    for version, rules in enumerate(scheme.versions, 1):
        newest = version == len(scheme.versions)
        agreed = view["rules"] if newest else ledger.schemes.rules(scheme.id, version)
        yield from compare(f"rules {version} of {thing}", rules_of(rules), agreed)
    if scheme.changes:
        yield from _records(f"{thing}, change", scheme.changes, ledger.schemes.changes(scheme.id))
    if books.layout >= 3:
        yield from _records(f"{thing}, allocation", scheme.allocations, ledger.allocations.list(scheme.id))
    yield from _records("voucher", scheme.vouchers, ledger.vouchers.list(scheme.id))
    sums = {**scheme.terms().as_members(), "vouchers": len(scheme.vouchers)}
    yield from compare(f"audit:Totals of {thing}", sums, ledger.audit.totals(scheme.id))


def _money(books: Books, ledger: Reader, since: int, ahead: Ahead) -> Iterator[Difference]:
    """Payments, refunds, settlements and open items of all schemes."""
    schemes = list(books.schemes)
    yield from _records(
        "payment", books.payments, (one for scheme in schemes for one in ledger.payments.list(scheme))
    )
    if books.layout >= 3:
        waiting = {
            refund.id: refund
            for refund in books.refunds.values()
            if refund.state in ("asked", "waiting", "endorsed")
        }
        stored = (one for scheme in schemes for one in ledger.payments.waiting_refunds(scheme))
        yield from _records("waiting refund", waiting, stored)
        yield from _returned(books, ledger, since, ahead)
    settlements = (one for scheme in schemes for one in ledger.settlements.list(scheme))
    yield from _records(
        "settlement",
        books.settlements,
        map(stored_settlement, settlements),
        lambda record: _key_of_settlement(books, record),
    )
    yield from _all_items(books, ledger, since, ahead)
    for (scheme_id, shop), stored_items in ahead.answers(
        ((scheme_id, shop), partial(_listed, ledger.payments.unsettled, scheme_id, shop))
        for scheme_id in schemes
        for shop in books.shops
    ):
        replayed = dict(books.schemes[scheme_id].unsettled.get(shop, {}))
        open_items = {(item["day"], item["id"]): item["cents"] for item in stored_items}
        if replayed != open_items:
            thing = f"shop {shop} under scheme {scheme_id}"
            yield Difference(thing, "open items", sorted(replayed.items()), sorted(open_items.items()))


def _key_of_settlement(books: Books, record: Mapping[str, Any]) -> str:
    """A netting has a record in each of its two schemes, under the same id."""
    both = f"{record.get('scheme')}/{record['id']}"
    return both if both in books.settlements else str(record["id"])


def _returned(books: Books, ledger: Reader, since: int, ahead: Ahead) -> Iterator[Difference]:
    """The refunds whose money returned, as their shops find them by day.

    That none lacks, and none is too much, is seen from the open items and those of the settlements. Days of
    before layout 3 may not have been indexed.
    """
    returned = {
        (refund.scheme, refund.shop, refund.day) for refund in changed(books.refunds, since) if refund.day
    }
    days = ((day, partial(_listed, ledger.payments.of_day, *day)) for day in sorted(returned))
    for _, entries in ahead.answers(days):
        for entry in entries:
            if "refund" in entry and entry["id"] in books.refunds:
                members = books.refunds[entry["id"]].members()
                yield from compare(f"refund {entry['id']}", members, entry["refund"])


def _all_items(books: Books, ledger: Reader, since: int, ahead: Ahead) -> Iterator[Difference]:
    """The items of settlements, which their records only count."""
    asked = (
        (settlement, partial(_listed, ledger.settlements.items, settlement.scheme, settlement.id))
        for settlement in changed(books.settlements, since)
        if settlement.items and settlement.holds_items
    )
    for settlement, stored in ahead.answers(asked):
        if stored != list(settlement.items):
            yield Difference(f"settlement {settlement.id}", "items", list(settlement.items), stored)


def _listed(query: Callable[..., Iterable[_Record]], *arguments: str) -> list[_Record]:
    """A whole list, which is read in a thread of its own."""
    return list(query(*arguments))


def changed(records: Mapping[str, _Book], since: int) -> Iterable[_Book]:
    """The records that changed at a height from `since` on; all of them where that is not kept."""
    return records.changed(since) if since and isinstance(records, Shelf) else records.values()


def _records(
    kind: str,
    replayed: Mapping[str, BookEntry],
    stored: Iterable[Mapping[str, Any]],
    key_of: Callable[[Mapping[str, Any]], str] = lambda record: str(record["id"]),
) -> Iterator[Difference]:
    """Records of one kind: those that one side lacks, and members that differ."""
    unknown: list[str] = []
    with Met() as met:
        for record in stored:
            key = key_of(record)
            if not met.add(key):
                continue
            if key in replayed:
                yield from compare(f"{kind} {key}", replayed[key].members(), without_zeros(record))
            else:
                unknown.append(key)
        for key in sorted(key for key in replayed if key not in met):
            yield Difference(f"{kind} {key}", "id", key, None)
    for key in sorted(unknown):
        yield Difference(f"{kind} {key}", "id", None, key)


def rules_of(rules: Rules) -> dict[str, object]:
    """The members that the ledger's record of a scheme's rules must have."""
    return {**{name: rules.get(name) for name in _RULES}, "presets": rules.get("presets", {})}


def _by_id(records: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {record["id"]: record for record in records}


def _missing(kind: str, replayed: Iterable[str], stored: Iterable[str]) -> Iterator[Difference]:
    replayed_keys, stored_keys = set(replayed), set(stored)
    for key in sorted(replayed_keys - stored_keys):
        yield Difference(f"{kind} {key}", "id", key, None)
    for key in sorted(stored_keys - replayed_keys):
        yield Difference(f"{kind} {key}", "id", None, key)


def compare(thing: str, replayed: Mapping[str, object], stored: Mapping[str, object]) -> Iterator[Difference]:
    """The members on which a record of the books and one of the ledger disagree."""
    has_no_term = "proposed_at" not in stored
    for member, value in replayed.items():
        found = stored.get(member)
        if found == value:
            continue
        earlier = (
            (has_no_term and member in _TERM and "proposed_at" in replayed)
            or (member in _LATER and member not in stored)
            or _is_same(value, found)
        )
        if not earlier:
            yield Difference(thing, member, value, found)


def _is_same(replayed: object, stored: object) -> bool:
    """Whether a record from before layout 3 names the same person, without the organisation."""
    if not (isinstance(replayed, str) and isinstance(stored, str)):
        return False
    organisation, _, person = replayed.rpartition("/")
    return bool(organisation) and person == stored


def without_zeros(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without categories of zero cents, which mean the same as none."""
    return {
        member: amounts(value or {}) if member in _BY_CATEGORY else value for member, value in record.items()
    }


def stored_shop(shop: Shop) -> dict[str, object]:
    """The shop with its categories by code, and without hashes of private data, which no request contains."""
    members = cast(dict[str, object], {**shop})
    members["categories"] = {grant["code"]: grant["from"] for grant in shop["categories"]}
    if "account_change" in shop:
        change = shop["account_change"]
        members["account_change"] = change["id"]
        members["account_proposed_by"] = change["proposed_by"]
    return members


def stored_settlement(settlement: Settlement) -> dict[str, object]:
    """The settlement; one collected under layout 2 does not say how much was, since it was all of it."""
    members = cast(dict[str, object], {**settlement})
    if settlement["state"] == "collected":
        members.setdefault("collected_cents", -settlement["cents"])
    return members


def stored_erasure(erasure: Mapping[str, Any]) -> dict[str, object]:
    """The erasure with the ids of its records only: no request contains their hashes."""
    return {**erasure, "records": sorted({record["id"] for record in erasure["records"]})}
