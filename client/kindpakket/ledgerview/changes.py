"""What a valid transaction changed: the ledger's records before and after it.

Records of all layouts that may be on a ledger are read. What a record of an early layout lacks is missing
here too, except that items which a settlement of layout 1 or 2 keeps in its own record are items like others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from fabric_gateway.blocks import Write

Record: TypeAlias = dict[str, Any]
ITEM = "item"
"""The kind of record that this view makes of `unsettled/…`, `sold/…` and the items inside of settlements."""
_KEPT = frozenset(
    {
        "allocation",
        "budget",
        "change",
        "day",
        "decision",
        "erasure",
        "organisation",
        "payment",
        "refund",
        "rules",
        "scheme",
        "settlement",
        "shop",
        "voucher",
    }
)
_OPEN, _SOLD = "unsettled", "sold"
_ITEM_MEMBERS = 4
_GIVES_BACK = frozenset({"withdrawn", "rejected", "returned", "reopened", "netted"})
"""States of a settlement that no longer keeps its items from other ones."""
_OF_THE_LEDGER = frozenset({"v", "by"})


@dataclass(frozen=True, slots=True)
class Change:
    """A record before and after a transaction.

    Attributes:
        kind: the kind of record, such as `voucher`; the first member of its key.
        key: its key on the ledger, or of an item the key that this view gives it.
        before: the record that was there; None: there was none.
        after: the record that is there now; None: it was deleted.
    """

    kind: str
    key: str
    before: Record | None
    after: Record | None


def written(writes: Iterable[Write]) -> dict[str, Record | None]:
    """The records that a transaction wrote, by key; None for those that it deleted.

    Args:
        writes: the transaction's writes in the chaincode's namespace.

    Raises:
        ValueError: a record cannot be read.
    """
    records: dict[str, Record | None] = {}
    gone: dict[str, None] = {}
    inside: dict[str, Record] = {}
    items: dict[str, Record] = {}
    for write in writes:
        kind, _, rest = write.key.partition("/")
        if kind in (_OPEN, _SOLD):
            key = f"{ITEM}/{rest}"
            if write.value is None:
                gone[key] = None
            else:
                items[key] = _item(rest, _decoded(write.key, write.value))
        elif kind in _KEPT:
            record = None if write.value is None else _decoded(write.key, write.value)
            if record is not None and kind == "settlement":
                inside.update(_inside(record))
            records[write.key] = None if record is None else _named(kind, write.key, record)
    return {**records, **dict.fromkeys(gone), **inside, **items}


def authors(writes: Iterable[Write]) -> dict[str, str]:
    """The requests that wrote the records of a transaction, by the keys that `written` gives them.

    Args:
        writes: the transaction's writes in the chaincode's namespace, which `written` has read.
    """
    found: dict[str, str] = {}
    for write in writes:
        kind, _, rest = write.key.partition("/")
        if write.value is not None and (kind in _KEPT or kind == _OPEN):
            by = json.loads(write.value).get("by")
            if isinstance(by, dict):
                found[f"{ITEM}/{rest}" if kind == _OPEN else write.key] = str(by.get("request"))
    return found


def kind_of(key: str) -> str:
    """The kind of a record, by its key."""
    return key.partition("/")[0]


def later(kind: str, before: Record | None, after: Record, time: int, day: str) -> Record:
    """A record with what follows from when it was written.

    Args:
        kind: its kind.
        before: the record before it.
        after: the record as it was written.
        time: the transaction's time, in Unix seconds.
        day: the day of that time.
    """
    if kind == "voucher":
        return {**after, "issued_on": day if before is None else before["issued_on"]}
    if kind == "settlement" and after.get("state") == "paid":
        paid = before["paid_on"] if before and before.get("state") == "paid" else day
        return {**after, "paid_on": after.get("value_date") or paid}
    return after


def _decoded(key: str, value: bytes) -> Record:
    try:
        record = json.loads(value)
    except ValueError as error:
        raise ValueError(f"the record {key} is not JSON: {error}") from error
    if not isinstance(record, dict):
        raise ValueError(f"the record {key} is not an object")
    return {name: member for name, member in record.items() if name not in _OF_THE_LEDGER}


def _named(kind: str, key: str, record: Record) -> Record:
    """The record with what only its key says, and with what proposals of different kinds have in common."""
    match kind:
        case "budget" | "day":
            added: Record = {"id": key.partition("/")[2]}
        case "change" | "decision":
            listed = record.get("vouchers")
            count = len(listed) if isinstance(listed, list) else None
            added = {"proposal": record.get("kind"), "voucher_count": count}
        case "allocation":
            added = {"proposal": kind, "voucher_count": record.get("vouchers")}
        case "organisation":
            added = {"proposal": kind, "id": record.get("change")}
        case "erasure":
            added = {"record_count": len(record.get("records") or ())}
        case "settlement" if "items" in record:
            added = {"item_count": len(record["items"] or ())}
        case _:
            added = {}
    kept = {name: member for name, member in record.items() if (kind, name) != ("settlement", "items")}
    return {**kept, **added}


def _item(rest: str, value: Mapping[str, Any]) -> Record:
    members = rest.split("/")
    if len(members) != _ITEM_MEMBERS:
        raise ValueError(f"the key of an item does not name a scheme, a shop, a day and an id: {rest}")
    scheme, shop, day, item = members
    return {
        "id": item,
        "scheme": scheme,
        "shop": shop,
        "day": day,
        "cents": value["cents"],
        "kind": value.get("kind"),
        "settlement": value.get("settlement"),
    }


def _inside(settlement: Mapping[str, Any]) -> Iterator[tuple[str, Record]]:
    """The items that a settlement of layout 1 or 2 has in its record, while it holds them."""
    if settlement.get("state") in _GIVES_BACK:
        return
    for item in settlement.get("items") or ():
        rest = f"{settlement['scheme']}/{settlement['shop']}/{item['day']}/{item['id']}"
        yield f"{ITEM}/{rest}", _item(rest, {**item, "settlement": settlement["id"]})
