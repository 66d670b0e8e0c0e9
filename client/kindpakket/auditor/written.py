"""Compares what the chaincode wrote, transaction by transaction, with what the rules make of the request.

No peer is asked: the writes are in the blocks. So a chaincode that does something else than the agreed rules
is found in the transaction in which it did, also offline.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fabric_gateway.blocks import CommittedTransaction, Write
from kindpakket.auditor.books import Books, SchemeBook
from kindpakket.auditor.differences import (
    Difference,
    compare,
    rules_of,
    stored_erasure,
    stored_settlement,
    stored_shop,
    without_zeros,
)

_LAYOUT = 3
"""The first layout whose records are compared as they are written."""
_INDEXES = frozenset(
    {
        *("asked", "bound", "entitlement", "held", "live", "organisations", "pending", "receivable"),
        *("request", "shop-settlement", "sold", "undone", "waiting"),
    }
)
"""Keys by which records are found, and what only the chaincode needs: the state of the peer shows them."""
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)
"""What a record raises that the books do not have, or that has not the form of its kind."""
_Members = Mapping[str, object]


def written_differences(
    books: Books, transaction: CommittedTransaction, chaincode: str
) -> Iterator[Difference]:
    """Everything in which the writes of a valid transaction differ from the books.

    Args:
        books: the books after the transaction's request.
        transaction: the transaction.
        chaincode: name of the chaincode.
    """
    for write in transaction.writes(chaincode):
        kind, *place = write.key.split("/")
        if kind == "unsettled":
            yield from _open_item(books, write, place)
        elif kind in _RECORDS:
            yield from _record(books, write, kind, place)
        elif kind not in _INDEXES:
            yield Difference(f"key {write.key}", "id", None, write.key)


def _record(books: Books, write: Write, kind: str, place: list[str]) -> Iterator[Difference]:
    thing = f"{kind} {place[-1]}"
    if write.value is None:
        yield Difference(thing, "id", place[-1], None)
        return
    try:
        stored = json.loads(write.value)
        earlier = stored.get("v", 0) < _LAYOUT
    except _UNREADABLE:
        yield Difference(thing, "id", None, place[-1])
        return
    if not earlier:
        yield from record_differences(books, kind, place, stored)


def record_differences(
    books: Books, kind: str, place: list[str], stored: Mapping[str, Any] | None
) -> Iterator[Difference]:
    """Everything in which a record of the peer's state differs from the books.

    Args:
        books: the books.
        kind: the kind of record, one of `KINDS`.
        place: what follows in its key.
        stored: the record; None if there is none.
    """
    thing = f"{kind} {place[-1]}"
    replayed, form = _RECORDS[kind]
    try:
        members = replayed(books, place)
        found = None if stored is None else form(dict(stored))
    except _UNREADABLE:
        if stored is not None:
            yield Difference(thing, "id", None, place[-1])
        return
    if found is None:
        yield Difference(thing, "id", place[-1], None)
        return
    yield from compare(thing, members, found)


def _open_item(books: Books, write: Write, place: list[str]) -> Iterator[Difference]:
    try:
        scheme, shop, day, item = place
        replayed = books.schemes[scheme].unsettled.get(shop, {}).get((day, item))
        stored = None if write.value is None else json.loads(write.value)["cents"]
    except (LookupError, TypeError, ValueError):
        yield Difference(f"key {write.key}", "id", None, write.key)
        return
    if replayed != stored:
        yield Difference(f"open item {item} of shop {shop}", "cents", replayed, stored)


def _as_it_is(record: dict[str, Any]) -> _Members:
    return without_zeros(record)


def _scheme(books: Books, place: list[str]) -> SchemeBook:
    return books.schemes[place[0]]


def _settlement(books: Books, place: list[str]) -> _Members:
    """A netting is under its scheme too: it has a record in each of the two."""
    both = "/".join(place)
    return books.settlements[both if both in books.settlements else place[1]].members()


def _rules(books: Books, place: list[str]) -> _Members:
    return rules_of(_scheme(books, place).versions[int(place[1]) - 1])


def _of(noun: str) -> Callable[[Books, list[str]], _Members]:
    """A record that the books have under its id."""
    return lambda books, place: getattr(books, noun)[place[0]].members()


def _within(noun: str) -> Callable[[Books, list[str]], _Members]:
    """A record that the books have under its scheme and its id."""
    return lambda books, place: getattr(_scheme(books, place), noun)[place[1]].members()


_RECORDS: Mapping[str, tuple[Callable[[Books, list[str]], _Members], Callable[[Any], _Members]]] = {
    "allocation": (_within("allocations"), _as_it_is),
    "budget": (lambda books, place: _scheme(books, place).budget_members(), _as_it_is),
    "change": (_within("changes"), _as_it_is),
    "day": (lambda books, place: {"closed_until": _scheme(books, place).closed_until}, _as_it_is),
    "decision": (_of("decisions"), _as_it_is),
    "erasure": (_of("erasures"), stored_erasure),
    "organisation": (_of("later_organisations"), _as_it_is),
    "payment": (_of("payments"), _as_it_is),
    "refund": (_of("refunds"), _as_it_is),
    "rules": (_rules, _as_it_is),
    "scheme": (_of("schemes"), _as_it_is),
    "settlement": (_settlement, stored_settlement),
    "shop": (_of("shops"), stored_shop),
    "voucher": (_within("vouchers"), _as_it_is),
}
"""For each kind of record: what the books have for its key, and how the record is compared."""
KINDS = frozenset(_RECORDS)
"""The kinds of records that are compared member by member."""
