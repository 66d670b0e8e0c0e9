"""What a request is about, in euro cents, for findings that sum up errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kindpakket.auditor.books import Books, total

_CENTS = ("cents", "add_cents", "remove_cents", "budget_cents")


def cents_of(books: Books, request: dict[str, Any]) -> int | None:
    """The amount that a request moves or decides on; None if it is about none, or it cannot be told.

    Args:
        books: the books after the request.
        request: the request's members.
    """
    try:
        return _cents_of(books, request)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def _cents_of(books: Books, request: dict[str, Any]) -> int | None:
    """The first member that says it; a request that made a settlement says it by that."""
    given = next((request[name] for name in _CENTS if type(request.get(name)) is int), None)
    if given is not None:
        return int(given)
    for member, amount in _AMOUNTS.items():
        if member in request:
            return amount(books, request[member])
    made = books.settlements.get(str(request.get("request_id")))
    return None if made is None else made.cents


def _of_payment(books: Books, payment: str) -> int:
    book = books.payments[payment]
    return book.cents or book.held_cents


_AMOUNTS: Mapping[str, Callable[[Books, Any], int]] = {
    "lines": lambda _, lines: total(lines),
    "settlement": lambda books, id_: books.settlements[id_].cents,
    "settlements": lambda books, ids: sum(books.settlements[id_].cents for id_ in ids),
    "refund": lambda books, id_: total(books.refunds[id_].lines),
    "payment": _of_payment,
}
