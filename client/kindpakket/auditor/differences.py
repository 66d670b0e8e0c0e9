"""Compares the auditor's books with the state that a peer's chaincode answers from, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from kindpakket.auditor.books import Books, SchemeBook, amounts
from kindpakket.ledger.reader import Reader
from kindpakket.ledger.records import Rules, Shop

_BY_CATEGORY = ("spent_by_category", "held_by_category", "refunded")
_RULES = tuple(Rules.__annotations__)


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


class Kept(Protocol):
    """A thing of the books, which knows what the ledger's record of it must say."""

    def members(self) -> dict[str, object]:
        """Members of the record; None: the record leaves it out."""


def differences(books: Books, ledger: Reader) -> Iterator[Difference]:
    """Everything that is not the same in the books and in the state.

    Args:
        books: a replay of all blocks.
        ledger: asks a peer that has the same blocks and no more.
    """
    if (named := books.named()) is not None:
        yield from _compare("organisations", dict(named), ledger.organisations.show())
    if books.further:
        proposed = ({**one, "id": one["msp"]} for one in ledger.organisations.list())
        yield from _things("organisation", books.further, proposed)
    schemes = _by_id(ledger.schemes.list())
    yield from _missing("scheme", books.schemes, schemes)
    for scheme in books.schemes.values():
        if scheme.id in schemes:
            yield from _scheme(scheme, schemes[scheme.id], ledger)
    yield from _things("shop", books.shops, map(_stored_shop, ledger.shops.list()))
    for scheme_id in books.schemes:
        yield from _money_on_its_way(books, scheme_id, ledger)
    if books.layout_2:
        yield from _things("erasure", books.erasures, map(_stored_erasure, ledger.erasures.list()))
    for request in sorted(books.voided):
        stored = {"state": ledger.requests.show(request)["state"]}
        yield from _compare(f"request {request}", {"state": "void"}, stored)


def _scheme(scheme: SchemeBook, stored: Mapping[str, Any], ledger: Reader) -> Iterator[Difference]:
    thing = f"scheme {scheme.id}"
    view = ledger.schemes.show(scheme.id)
    yield from _compare(thing, scheme.members(), stored)
    yield from _compare(thing, {"closed_until": scheme.closed_until}, view)
    yield from _compare(thing, scheme.budget_members(), view["budget"])
    for version, rules in enumerate(scheme.versions, 1):
        newest = version == len(scheme.versions)
        agreed = view["rules"] if newest else ledger.schemes.rules(scheme.id, version)
        replayed = {name: rules.get(name) for name in _RULES}
        replayed["presets"] = rules.get("presets", {})
        yield from _compare(f"rules {version} of {thing}", replayed, agreed)
    if scheme.changes:
        yield from _things(f"{thing}, change", scheme.changes, ledger.schemes.changes(scheme.id))
    yield from _things("voucher", scheme.vouchers, ledger.vouchers.list(scheme.id))
    sums = {**scheme.terms().as_members(), "vouchers": len(scheme.vouchers)}
    yield from _compare(f"audit:Totals of {thing}", sums, ledger.audit.totals(scheme.id))


def _money_on_its_way(books: Books, scheme_id: str, ledger: Reader) -> Iterator[Difference]:
    """Payments, settlements and open items of a scheme."""
    payments = {key: one for key, one in books.payments.items() if one.scheme == scheme_id}
    yield from _things("payment", payments, ledger.payments.list(scheme_id))
    settlements = {key: one for key, one in books.settlements.items() if one.scheme == scheme_id}
    yield from _things("settlement", settlements, ledger.settlements.list(scheme_id))
    opened = books.schemes[scheme_id].unsettled
    for shop in books.shops:
        replayed = dict(opened.get(shop, {}))
        found = {
            (item["day"], item["id"]): item["cents"] for item in ledger.payments.unsettled(scheme_id, shop)
        }
        if replayed != found:
            thing = f"shop {shop} under scheme {scheme_id}"
            yield Difference(thing, "open items", sorted(replayed.items()), sorted(found.items()))


def _things(
    kind: str, replayed: Mapping[str, Kept], stored: Iterable[Mapping[str, Any]]
) -> Iterator[Difference]:
    """Things of one kind: those that one side lacks, and members that differ."""
    found = _by_id(stored)
    yield from _missing(kind, replayed, found)
    for key, thing in replayed.items():
        if key in found:
            yield from _compare(f"{kind} {key}", thing.members(), _tidy(found[key]))


def _by_id(records: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {record["id"]: record for record in records}


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


def _tidy(record: Mapping[str, Any]) -> dict[str, Any]:
    """Categories without money are the same as none."""
    return {
        member: amounts(value or {}) if member in _BY_CATEGORY else value for member, value in record.items()
    }


def _stored_shop(shop: Shop) -> dict[str, object]:
    """The shop with its categories by code, and without the hash of private data, which no request shows."""
    members = cast(dict[str, object], {**shop})
    members["categories"] = {grant["code"]: grant["from"] for grant in shop["categories"]}
    if "account_change" in shop:
        change = shop["account_change"]
        members["account_change"] = {"id": change["id"], "proposed_by": change["proposed_by"]}
    return members


def _stored_erasure(erasure: Mapping[str, Any]) -> dict[str, object]:
    """The erasure with the ids of its records, whose hashes no request shows."""
    return {**erasure, "records": sorted({record["id"] for record in erasure["records"]})}
