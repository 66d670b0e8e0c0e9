"""For the reference site: shows classes as programs use them.

The classes of `kindpakket.fabric` have bases that know no driver, such as `BaseContract`, whose docstrings
list the attributes. The site shows those at the classes themselves. Classes that are made from a session,
which programs never do, show no constructor.
"""

from __future__ import annotations

from typing import Any

import griffe


class AsUsed(griffe.Extension):
    """Adds the `Attributes:` section of the bases to a class that has none of its own."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Look at all classes, once the whole package is known."""
        for module in _modules(pkg):
            for found in module.classes.values():
                if not found.is_alias:
                    _inherit(found)
                    _hide_constructor(found)


def _modules(module: griffe.Module) -> list[griffe.Module]:
    below = [inner for child in module.modules.values() if not child.is_alias for inner in _modules(child)]
    return [module, *below]


def _inherit(found: griffe.Class) -> None:
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
