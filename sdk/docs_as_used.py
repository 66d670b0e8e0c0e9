"""An extension for the reference site: it shows classes as programs use them.

The classes of `fabric_gateway` have bases without I/O, such as `BaseContract`, whose docstrings list the
attributes. The site shows those attributes on the classes themselves. Programs never construct a class from
a session, so such classes show no constructor. Full names of classes in docstrings become links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import griffe

_CLASS = re.compile(r"(?<!\[)`(fabric_gateway\.(?:[a-z_0-9]+\.)?[A-Z]\w*)`")


class AsUsed(griffe.Extension):
    """Changes classes and docstrings once the whole package is loaded."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Change every class and docstring of the package."""
        for item in _items(pkg):
            if isinstance(item, griffe.Class):
                _inherit_attributes(item)
                _hide_constructor(item)
        for item in _items(pkg):
            if item.docstring is not None:
                item.docstring.value = _CLASS.sub(r"[`\1`][\1]", item.docstring.value)


def _items(within: griffe.Object) -> Iterator[griffe.Object]:
    yield within
    for member in list(within.members.values()):
        if isinstance(member, griffe.Object):
            yield from _items(member)


def _inherit_attributes(shown: griffe.Class) -> None:
    own = shown.docstring
    if own is None or "\nAttributes:" in own.value:
        return
    listed = [base.docstring.value for base in shown.mro() if base.docstring is not None]
    sections = [text.partition("\nAttributes:\n")[2] for text in reversed(listed)]
    lines = "".join(f"{section.rstrip()}\n" for section in sections if section)
    if lines:
        own.value = f"{own.value.rstrip()}\n\nAttributes:\n{lines}"


def _hide_constructor(shown: griffe.Class) -> None:
    constructor = shown.members.get("__init__")
    if isinstance(constructor, griffe.Function) and any(
        parameter.name == "session" for parameter in constructor.parameters
    ):
        del shown.members["__init__"]
