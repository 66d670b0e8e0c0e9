"""Mappings, sets and lists whose content is in rows; used by the books as they use those in memory."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, MutableMapping, MutableSet, ValuesView
from typing import Any, Generic, TypeVar, overload

from kindpakket.auditor.books import Movement
from kindpakket.auditor.store.forms import Fields, Form, Plain
from kindpakket.auditor.store.rows import Rows

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
Place = tuple[str, str]


class Shelf(MutableMapping[_Key, _Value], Generic[_Key, _Value]):
    """Records of one kind, by key. Iterating goes by key, and reads a page at a time."""

    def __init__(
        self,
        rows: Rows,
        name: str,
        form: Form[_Value],
        *,
        written: Callable[[_Key], str] = str,
        read: Callable[[str], Any] = str,
        prepare: Callable[[_Value], _Value] | None = None,
    ) -> None:
        """Use the rows under a name.

        Args:
            rows: all rows.
            name: the shelf's name.
            form: how its records are written.
            written: a key as text.
            read: a text as the key.
            prepare: completes a record that is put here, or that was read.
        """
        self._rows, self._name, self._form = rows, name, form
        self._written, self._key, self._prepare = written, read, prepare

    def __getitem__(self, key: _Key) -> _Value:
        if not isinstance(key, str | tuple):
            raise KeyError(key)
        value: _Value = self._rows.get(self._name, self._written(key), self._form)
        return value if self._prepare is None else self._prepare(value)

    def get(self, key: _Key, default: Any = None) -> Any:
        """The record under a key, or the default."""
        try:
            return self[key]
        except KeyError:
            return default

    def __setitem__(self, key: _Key, value: _Value) -> None:
        prepared = value if self._prepare is None else self._prepare(value)
        self._rows.put(self._name, self._written(key), self._form, prepared)

    def __delitem__(self, key: _Key) -> None:
        self._rows.remove(self._name, self._written(key))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str | tuple) and self._rows.has(self._name, self._written(key))  # type: ignore[arg-type]

    def __len__(self) -> int:
        return self._rows.count(self._name)

    def __bool__(self) -> bool:
        return not self._rows.is_empty(self._name)

    def __iter__(self) -> Iterator[_Key]:
        return map(self._key, self._rows.keys(self._name))

    def items(self) -> ItemsView[_Key, _Value]:
        """Keys and records, for reading."""
        return _Items(self)

    def values(self) -> ValuesView[_Value]:
        """Records, for reading."""
        return _Values(self)

    def changed(self, since: int) -> Iterator[_Value]:
        """The records that changed at a height from `since` on."""
        for key in self._rows.changed(self._name, since):
            yield self[self._key(key)]

    def records(self) -> Iterator[tuple[_Key, _Value]]:
        """Keys and records, for reading; page by page."""
        for key, value in self._rows.records(self._name, self._form):
            yield self._key(key), value if self._prepare is None else self._prepare(value)


class _Items(ItemsView[_Key, _Value]):
    def __iter__(self) -> Iterator[tuple[_Key, _Value]]:
        shelf: Any = self._mapping  # type: ignore[attr-defined]
        yield from shelf.records()


class _Values(ValuesView[_Value]):
    def __iter__(self) -> Iterator[_Value]:
        shelf: Any = self._mapping  # type: ignore[attr-defined]
        return (value for _, value in shelf.records())


class Branches(MutableMapping[str, MutableMapping[Place, int]]):
    """A scheme's open items: for each shop a shelf of its own, which is there even if it is empty."""

    def __init__(self, rows: Rows, name: str) -> None:
        """Use the shelves under a name."""
        self._rows, self._name = rows, name
        self._shops: Shelf[str, int] = Shelf(rows, name, Plain())
        self._shelves: dict[str, Shelf[Place, int]] = {}

    def __getitem__(self, shop: str) -> Shelf[Place, int]:
        if shop not in self._shelves:
            if shop not in self._shops:
                raise KeyError(shop)
            self._shelves[shop] = placed(self._rows, f"{self._name}/{shop}")
        return self._shelves[shop]

    def __setitem__(self, shop: str, items: MutableMapping[Place, int]) -> None:
        self._shops[shop] = 1
        shelf = self[shop]
        for place, cents in items.items():
            shelf[place] = cents

    def setdefault(self, shop: str, default: Any = None) -> Shelf[Place, int]:
        """The shop's shelf, made if there is none."""
        if shop not in self._shelves and shop not in self._shops:
            self._shops[shop] = 1
        return self[shop]

    def __delitem__(self, shop: str) -> None:
        raise TypeError("a shop's open items are removed one by one")

    def __len__(self) -> int:
        return len(self._shops)

    def __iter__(self) -> Iterator[str]:
        return iter(self._shops)


def placed(rows: Rows, name: str) -> Shelf[Place, Any]:
    """A shelf by day and id."""
    return Shelf(rows, name, Plain(), written="/".join, read=_place)


def _place(text: str) -> Place:
    day, _, item = text.partition("/")
    return day, item


class ShelfSet(MutableSet[str]):
    """A set of texts."""

    def __init__(self, rows: Rows, name: str) -> None:
        """Use the rows under a name."""
        self._shelf: Shelf[str, int] = Shelf(rows, name, Plain())

    def __contains__(self, text: object) -> bool:
        return text in self._shelf

    def __iter__(self) -> Iterator[str]:
        return iter(self._shelf)

    def __len__(self) -> int:
        return len(self._shelf)

    def add(self, value: str) -> None:
        """Add a text."""
        self._shelf[value] = 1

    def discard(self, value: str) -> None:
        """Remove a text, if it is there."""
        self._shelf.pop(value, None)


class Log:
    """All movements, in the order of the ledger."""

    def __init__(self, rows: Rows) -> None:
        """Go on after the movements that are there."""
        self._rows = rows
        self._form = Fields(Movement)
        self._count = rows.logged_count()

    def extend(self, movements: Iterable[Movement]) -> None:
        """Add movements."""
        for movement in movements:
            self._rows.log(self._count, self._form.encode(movement))
            self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Movement]:
        return map(self._form.decode, self._rows.logged(0, self._count))

    @overload
    def __getitem__(self, index: int) -> Movement: ...
    @overload
    def __getitem__(self, index: slice) -> list[Movement]: ...
    def __getitem__(self, index: int | slice) -> Movement | list[Movement]:
        if isinstance(index, slice):
            start, stop, step = index.indices(self._count)
            found = map(self._form.decode, self._rows.logged(start, max(start, stop)))
            return list(found)[::step]
        number = index + self._count if index < 0 else index
        return self._form.decode(next(self._rows.logged(number, number + 1)))
