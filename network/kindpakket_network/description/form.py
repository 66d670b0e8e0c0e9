"""The form of a topology: its JSON Schema, and what remains to be judged of a document that lacks it."""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any, NoReturn

from kindpakket_network.description.document import place
from kindpakket_network.errors import Mistake

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_KINDS = {
    "object": "members with names",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "number": "a number",
}


_NEAR = 0.82


class MalformedError(Exception):
    """A rule came upon a value whose form is wrong."""


class Malformed:
    """Stands in a document for a value whose form is wrong. Whatever uses it ends with MalformedError."""

    def _used(self, *_: Any) -> NoReturn:
        raise MalformedError

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = __bool__ = __len__ = __iter__ = _used
    __contains__ = __getitem__ = __getattr__ = __str__ = __repr__ = __format__ = _used
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _used


def as_far_as_formed(rule: Iterator[Mistake]) -> Iterator[Mistake]:
    """What a rule finds before it comes upon something malformed, which has a mistake of its own."""
    try:
        yield from rule
    except MalformedError:
        return


def text(value: Any) -> str:
    """A text for functions that take nothing else; what is malformed ends with MalformedError here."""
    return str(value)


def schema() -> dict[str, Any]:
    """The JSON Schema of topologies."""
    file = resources.files("kindpakket_network") / "data" / "topology.schema.json"
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def formed(document: Any) -> tuple[list[Mistake], Any]:
    """The mistakes of form, and the document with `Malformed` where they are; None when nothing is left."""
    import jsonschema

    rules = schema()
    mistakes: list[Mistake] = []
    remaining = copy.deepcopy(document)
    errors = list(jsonschema.Draft202012Validator(rules).iter_errors(document))
    for error in sorted(errors, key=lambda one: [str(part) for part in one.absolute_path]):
        for path, words, spoilt in _read(error, rules):
            mistake = Mistake(place(path), words)
            if mistake not in mistakes:
                mistakes.append(mistake)
            if spoilt is not None:
                remaining = _spoil(remaining, spoilt)
    return mistakes, remaining


_Path = tuple[Any, ...]


def _read(error: ValidationError, rules: Mapping[str, Any]) -> Iterator[tuple[_Path, str, _Path | None]]:
    """An error as mistakes: their paths, their words, and which path is not fit to be judged further."""
    path = tuple(error.absolute_path)
    rule: Any = error.schema
    wanted: Any = error.validator_value
    instance: Any = error.instance
    advice = _advice(rule, rules)
    match error.validator:
        case "required":
            name = error.message.split("'")[1]
            words = _advice(rule.get("properties", {}).get(name, {}), rules) or "write it"
            yield path, f"{name} is missing: {words}", (*path, name)
        case "additionalProperties":
            known = list(rule.get("properties", {}))
            for name in sorted(str(one) for one in instance if one not in known):
                near = difflib.get_close_matches(name, known, 1, _NEAR)
                meant = f"did you mean {near[0]}? " if near else ""
                words = f"may not stand here: {meant}{advice or 'use some of ' + ', '.join(known)}"
                yield (
                    (*path, name),
                    words,
                    (*path, near[0]) if near and near[0] not in instance else None,
                )
        case "type":
            kind = _KINDS[wanted]
            words = f"{_shown(instance)} is not {kind}"
            if kind == "text" and isinstance(instance, bool | int | float):
                words += ", write it in quotes"
            yield path, f"{words}: {advice}" if advice else words, path
        case "enum":
            words = f"{_shown(instance)} is none of {', '.join(map(str, wanted))}"
            yield path, f"{words}: {advice}" if advice else words, path
        case _:
            at = (*path, instance) if _about_a_name(error) else path
            found = f"{_shown(instance)} {_BOUNDS.get(str(error.validator), 'does not fit')}"
            limit = wanted if type(wanted) is int else ""
            words = f"{found} {limit}".rstrip()
            yield at, f"{words}: {advice}" if advice else words, path if at == path else None


_BOUNDS = {
    "minimum": "is less than",
    "maximum": "is more than",
    "minItems": "has fewer items than",
    "maxItems": "has more items than",
    "minLength": "has fewer characters than",
    "uniqueItems": "has an item twice",
    "pattern": "has characters that it may not have, or is too long",
}


def _about_a_name(error: ValidationError) -> bool:
    return "propertyNames" in error.absolute_schema_path


def _advice(members: Any, rules: Mapping[str, Any]) -> str | None:
    if not isinstance(members, Mapping):
        return None
    if "description" in members or "$ref" not in members:
        return members.get("description")
    return _advice(rules["$defs"][members["$ref"].rpartition("/")[2]], rules)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a group of members"
    return "this list" if isinstance(value, list) else repr(value)


def _spoil(document: Any, path: _Path) -> Any:
    if not path:
        return None
    inner = document
    for part in path[:-1]:
        if isinstance(inner, Malformed) or inner is None:
            return document
        inner = inner[part]
    if isinstance(inner, dict | list):
        inner[path[-1]] = Malformed()
    return document
