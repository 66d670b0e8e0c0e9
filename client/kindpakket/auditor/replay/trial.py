"""Books on which an item of a batch that the chaincode refused is tried: nothing in the books changes.

A refusal leaves no trace but the item and its code. So the item is carried out on copies of what it would
change; if it breaks no rule there, it should not have been refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeVar

from kindpakket.auditor.books import Books, SchemeBook

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Copies(MutableMapping[_Key, _Value]):
    """A mapping as it is, whose records are copied when they are taken out; changes stay in here."""

    def __init__(self, source: Mapping[_Key, _Value]) -> None:
        """Read from a mapping."""
        self._source = source
        self._own: dict[_Key, _Value] = {}
        self._gone: set[_Key] = set()

    def __getitem__(self, key: _Key) -> _Value:
        if key in self._gone:
            raise KeyError(key)
        if key not in self._own:
            self._own[key] = _copied(self._source[key])
        return self._own[key]

    def __setitem__(self, key: _Key, value: _Value) -> None:
        self._gone.discard(key)
        self._own[key] = value

    def __delitem__(self, key: _Key) -> None:
        if key not in self:
            raise KeyError(key)
        self._own.pop(key, None)
        self._gone.add(key)

    def __contains__(self, key: object) -> bool:
        return key not in self._gone and (key in self._own or key in self._source)

    def __iter__(self) -> Iterator[_Key]:
        yield from (key for key in self._source if key not in self._gone and key not in self._own)
        yield from self._own

    def __len__(self) -> int:
        return sum(1 for _ in self)


def trial_books(books: Books) -> Books:
    """Books that read from others and keep every change of a payment, capture or refund to themselves."""
    return replace(
        books,
        schemes=Copies(books.schemes),
        shops=Copies(books.shops),
        payments=Copies(books.payments),
        refunds=Copies(books.refunds),
        movements=[],
        net=Copies(books.net),
    )


def _copied(value: Any) -> Any:
    """A copy that is not larger than a record: of a scheme its own members, without what belongs to it."""
    if isinstance(value, MutableMapping):
        return Copies(value)
    if isinstance(value, SchemeBook):
        return replace(
            value,
            vouchers=Copies(value.vouchers),
            changes=Copies(value.changes),
            allocations=Copies(value.allocations),
            unsettled=Copies(value.unsettled),
            kinds=Copies(value.kinds),
        )
    return deepcopy(value)
