"""How records are written in rows: as JSON, their fields in order. Nothing in a file can run anything."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import fields, is_dataclass
from typing import Any, Generic, Protocol, TypeVar, get_origin, get_type_hints

_Value = TypeVar("_Value")


class Form(Protocol[_Value]):
    """Writes values as text, and reads them again."""

    def encode(self, value: _Value) -> str:
        """The value as text."""

    def decode(self, text: str) -> _Value:
        """The value that was written as this text."""


class Plain(Generic[_Value]):
    """Text, numbers, lists and objects of them."""

    def encode(self, value: _Value) -> str:
        """The value in JSON."""
        return json.dumps(value)

    def decode(self, text: str) -> _Value:
        """The value."""
        value: _Value = json.loads(text)
        return value


class Fields(Generic[_Value]):
    """A data class by its fields."""

    def __init__(self, kind: type[_Value], without: Collection[str] = ()) -> None:
        """Write the fields of a data class, but for those named, which get their defaults again."""
        hints = get_type_hints(kind)
        self._kind = kind
        self._names = [field.name for field in fields(kind) if field.name not in without]  # type: ignore[arg-type]
        self._read = [_reading(hints[name]) for name in self._names]

    def encode(self, value: _Value) -> str:
        """The fields as a list in JSON."""
        return _ENCODER.encode([getattr(value, name) for name in self._names])

    def decode(self, text: str) -> _Value:
        """The data class."""
        read = zip(self._names, self._read, json.loads(text), strict=True)
        return self._kind(**{name: value if form is None else form(value) for name, form, value in read})


def _reading(hint: Any) -> Callable[[Any], Any] | None:
    """How a field is read from JSON; None if it is what JSON gives."""
    origin = get_origin(hint) or hint
    if origin in (Counter, tuple):
        return origin  # type: ignore[no-any-return]
    if isinstance(origin, type) and is_dataclass(origin):
        return lambda members: origin(*members)
    return None


def _listed(value: Any) -> list[Any]:
    return [getattr(value, field.name) for field in fields(value)]


_ENCODER = json.JSONEncoder(default=_listed)
