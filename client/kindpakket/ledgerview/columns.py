"""Columns of the view: what each one is called, of what kind it is, and what it means.

From these follow the database's tables, the files that are exported, and their data dictionary.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

ColumnKind: TypeAlias = Literal["text", "cents", "number", "instant", "day", "flag", "json"]
"""`cents`: euro cents; `instant`: Unix seconds, UTC; `day`: `YYYY-MM-DD`, Amsterdam; `json`: `canonical`."""
Value: TypeAlias = str | int | bool | None
Row: TypeAlias = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: its name, the same in the database and in every file.
        kind: what its values are.
        meaning: a sentence for the data dictionary.
        source: the member of the ledger's record that it shows, with a dot for a member of a member; "" for
            the member of the same name.
    """

    name: str
    kind: ColumnKind
    meaning: str
    source: str = ""

    def of(self, record: Mapping[str, Any]) -> Value:
        """The value of the column for a record; None if the record lacks the member."""
        value: Any = record
        for member in (self.source or self.name).split("."):
            if not isinstance(value, Mapping):
                return None
            value = value.get(member)
        if value is None or value == "":
            return None
        if self.kind == "json":
            return canonical(value)
        if self.kind == "flag":
            return bool(value)
        return int(value) if self.kind in ("cents", "number", "instant") else str(value)


def canonical(value: Any) -> str:
    """A value as JSON, always in the same form: members sorted, without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def text(name: str, meaning: str, source: str = "") -> Column:
    """A column of text."""
    return Column(name, "text", meaning, source)


def cents(name: str, meaning: str, source: str = "") -> Column:
    """A column of euro cents."""
    return Column(name, "cents", meaning, source)


def number(name: str, meaning: str, source: str = "") -> Column:
    """A column of integers."""
    return Column(name, "number", meaning, source)


def instant(name: str, meaning: str, source: str = "") -> Column:
    """A column of instants."""
    return Column(name, "instant", meaning, source)


def day(name: str, meaning: str, source: str = "") -> Column:
    """A column of days."""
    return Column(name, "day", meaning, source)


def flag(name: str, meaning: str, source: str = "") -> Column:
    """A column that is true or false."""
    return Column(name, "flag", meaning, source)


def structure(name: str, meaning: str, source: str = "") -> Column:
    """A column of JSON."""
    return Column(name, "json", meaning, source)
