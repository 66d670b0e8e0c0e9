"""Checks a topology against its JSON Schema, and prepares what is valid for the rules across members."""

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
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "number": "a number",
}


# difflib's similarity from which a member counts as misspelt: `organisation` for `organisations` does.
_NEAR = 0.82


class MalformedError(Exception):
    """A rule used a value that the schema does not allow."""


class Malformed:
    """Replaces an invalid value in a document; any use of it raises MalformedError."""

    def _used(self, *_: Any) -> NoReturn:
        raise MalformedError

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = __bool__ = __len__ = __iter__ = _used
    __contains__ = __getitem__ = __getattr__ = __str__ = __repr__ = __format__ = _used
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _used


def skip_malformed(rule: Iterator[Mistake]) -> Iterator[Mistake]:
    """A rule's mistakes up to its first use of a malformed value, which is already reported."""
    try:
        yield from rule
    except MalformedError:
        return


def text(value: Any) -> str:
    """A value as text; raises MalformedError if it is malformed, which built-in functions would not."""
    return str(value)


def schema() -> dict[str, Any]:
    """The JSON Schema of topologies."""
    file = resources.files("kindpakket_network") / "data" / "topology.schema.json"
    rules: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return rules


def check_schema(document: Any) -> tuple[list[Mistake], Any]:
    """Violations of the schema, and the document with `Malformed` in their place; None if all is invalid."""
    import jsonschema

    rules = schema()
    mistakes: list[Mistake] = []
    remaining = copy.deepcopy(document)
    errors = list(jsonschema.Draft202012Validator(rules).iter_errors(document))
    for error in sorted(errors, key=lambda violation: [str(part) for part in violation.absolute_path]):
        for path, message, spoilt in _read(error, rules):
            mistake = Mistake(place(path), message)
            if mistake not in mistakes:
                mistakes.append(mistake)
            if spoilt is not None:
                remaining = _spoil(remaining, spoilt)
    return mistakes, remaining


_Path = tuple[Any, ...]


def _read(error: ValidationError, rules: Mapping[str, Any]) -> Iterator[tuple[_Path, str, _Path | None]]:
    """An error as mistakes: their paths, their messages, and the path that rules must not use."""
    path = tuple(error.absolute_path)
    rule: Any = error.schema
    wanted: Any = error.validator_value
    instance: Any = error.instance
    advice = _advice(rule, rules)
    match error.validator:
        case "required":
            name = error.message.split("'")[1]
            remedy = _advice(rule.get("properties", {}).get(name, {}), rules) or "add it"
            yield path, f"{name} is missing: {remedy}", (*path, name)
        case "additionalProperties":
            known = list(rule.get("properties", {}))
            for name in sorted(str(member) for member in instance if member not in known):
                near = difflib.get_close_matches(name, known, 1, _NEAR)
                meant = f"did you mean {near[0]}? " if near else ""
                message = f"is not allowed here: {meant}{advice or 'use some of ' + ', '.join(known)}"
                yield (
                    (*path, name),
                    message,
                    (*path, near[0]) if near and near[0] not in instance else None,
                )
        case "type":
            kind = _KINDS[wanted]
            message = f"{_shown(instance)} is not {kind}"
            if kind == "text" and isinstance(instance, bool | int | float):
                message += " (write it in quotes)"
            yield path, f"{message}: {advice}" if advice else message, path
        case "enum":
            message = f"{_shown(instance)} is not one of {', '.join(map(str, wanted))}"
            yield path, f"{message}: {advice}" if advice else message, path
        case _:
            at = (*path, instance) if _about_a_name(error) else path
            problem = f"{_shown(instance)} {_BOUNDS.get(str(error.validator), 'is not allowed')}"
            limit = wanted if type(wanted) is int else ""
            message = f"{problem} {limit}".rstrip()
            yield at, f"{message}: {advice}" if advice else message, path if at == path else None


_BOUNDS = {
    "minimum": "is less than",
    "maximum": "is more than",
    "minItems": "has fewer items than",
    "maxItems": "has more items than",
    "minLength": "has fewer characters than",
    "uniqueItems": "has a duplicate item",
    "pattern": "contains characters that are not allowed, or is too long",
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
        return "a mapping"
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
