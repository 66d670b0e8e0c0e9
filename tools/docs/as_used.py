"""For the reference site: shows classes as programs use them.

The classes of `kindpakket.fabric` have bases that know no driver, such as `BaseContract`, whose docstrings
list the attributes. The site shows those at the classes themselves. Classes that are made from a session,
which programs never do, show no constructor. Full names of classes in docstrings become links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import griffe

_CLASS = re.compile(r"(?<!\[)`(kindpakket\.fabric\.(?:[a-z_0-9]+\.)?[A-Z]\w*)`")


class AsUsed(griffe.Extension):
    """Changes classes and docstrings, once the whole package is known."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Go through the package."""
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


def _inherit_attributes(found: griffe.Class) -> None:
    own = found.docstring
    if own is None or "\nAttributes:" in own.value:
        return
    listed = [base.docstring.value for base in found.mro() if base.docstring is not None]
    sections = [text.partition("\nAttributes:\n")[2] for text in reversed(listed)]
    lines = "".join(f"{section.rstrip()}\n" for section in sections if section)
    if lines:
        own.value = f"{own.value.rstrip()}\n\nAttributes:\n{lines}"


def _hide_constructor(found: griffe.Class) -> None:
    made = found.members.get("__init__")
    if isinstance(made, griffe.Function) and any(item.name == "session" for item in made.parameters):
        del found.members["__init__"]
