"""What a transaction moved in vouchers: derived from the payments, refunds and vouchers that it changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from kindpakket.ledger.movements import MovementKind
from kindpakket.ledgerview.changes import Change, Record

_FIRST, _ALONE = -2, -1


class Moved(NamedTuple):
    """An amount that moved, before it has its place in the ledger. See `kindpakket.ledger.movements`."""

    kind: MovementKind
    scheme: str
    cents: int
    voucher: str = ""
    shop: str = ""
    payment: str = ""
    settlement: str = ""
    category: str = ""


def given(changes: Sequence[Change]) -> Iterator[Moved]:
    """What was issued and topped up."""
    yield from _grown("issued", changes)
    yield from _grown("topped_up", changes)


def taken_back(changes: Sequence[Change]) -> Iterator[Moved]:
    """What lapsed or was revoked, also of what a shop returned to a voucher that is over."""
    yield from _grown("lapsed", changes)
    yield from _grown("revoked", changes)


def paid(changes: Sequence[Change], order: Mapping[str, int] | None = None) -> Iterator[Moved]:
    """What was held, released, captured, spent, cancelled and refunded, one movement for a category.

    Releases come first: a payment uses what the expired holds of its voucher let go. In a batch a payment may
    use what was refunded before it.

    Args:
        changes: what the transaction changed.
        order: of a batch, the number of the request that made each payment, capture and refund, by the key of
            its record.
    """
    numbers = order or {}
    steps: list[tuple[int, list[Moved]]] = []
    for payment in _of("payment", changes):
        if payment.after is not None:
            number = _FIRST if _state(payment.after) == "released" else numbers.get(payment.key, _ALONE)
            steps.append((number, list(_step(payment.before, payment.after))))
    for refund in _of("refund", changes):
        returned_before = refund.before is not None and bool(refund.before.get("day"))
        if refund.after is not None and refund.after.get("day") and not returned_before:
            lines = _lines("refunded", refund.after, refund.after["payment"], refund.after["lines"])
            steps.append((numbers.get(refund.key, _ALONE), list(lines)))
    for _, moved in sorted(steps, key=itemgetter(0)):
        yield from moved


def _step(before: Record | None, after: Record) -> Iterator[Moved]:
    """What one payment or hold moved."""
    match (_state(before), _state(after)):
        case ("", "held"):
            yield from _lines("held", after, after["id"], after["held_lines"])
        case ("", _):
            if after.get("hold"):
                yield from _lines("captured", after, after["id"], after["lines"])
            yield from _lines("spent", after, after["id"], after["lines"])
        case ("held", "held"):
            return  # what was captured of it in part is a payment of its own
        case ("held", "released"):
            yield from _lines("released", after, after["id"], _left(before or {}))
        case ("held", _):
            yield from _lines("captured", after, after["id"], after["lines"])
            yield from _lines("spent", after, after["id"], after["lines"])
            yield from _lines("released", after, after["id"], _left(before or {}, after["lines"]))
        case (earlier, "cancelled") if earlier != "cancelled":
            yield from _lines("cancelled", after, after["id"], after["lines"])


def _lines(
    kind: MovementKind, record: Mapping[str, Any], payment: str, lines: Iterable[Mapping[str, Any]]
) -> Iterator[Moved]:
    for line in lines:
        if line["cents"]:
            yield Moved(
                kind,
                record["scheme"],
                line["cents"],
                voucher=record["voucher"],
                shop=record["shop"],
                payment=payment,
                category=line["category"],
            )


def _left(hold: Mapping[str, Any], taken: Iterable[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """What a hold keeps in each category, without what was captured in parts, and without lines now taken."""
    gone = dict(hold.get("captured") or {})
    for line in taken:
        gone[line["category"]] = gone.get(line["category"], 0) + line["cents"]
    return [
        {"category": line["category"], "cents": line["cents"] - gone.get(line["category"], 0)}
        for line in hold.get("held_lines") or ()
    ]


def _of(kind: str, changes: Iterable[Change]) -> list[Change]:
    return [change for change in changes if change.kind == kind]


def _grown(term: MovementKind, changes: Iterable[Change]) -> Iterator[Moved]:
    """By how much a term of each voucher grew."""
    member = f"{term}_cents"
    for voucher in _of("voucher", changes):
        after = voucher.after or {}
        cents = after.get(member, 0) - (voucher.before or {}).get(member, 0)
        if cents > 0:
            yield Moved(term, after["scheme"], cents, voucher=after["id"])


def _state(record: Mapping[str, Any] | None) -> str:
    return str(record["state"]) if record else ""
