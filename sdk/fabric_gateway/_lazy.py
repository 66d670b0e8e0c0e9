"""Names of a package that load at their first use, so that importing the package costs little.

Source: PEP 562.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package whose names are defined in modules below it.

    Args:
        package: full name of the package.
        homes: by module the names that it defines, separated by spaces. Modules are relative to the package:
            `.module` below it, `..module` beside it.
    """
    modules = {name: module for module, names in homes.items() for name in names.split()}

    def load(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(modules[name], package), name)
        vars(sys.modules[package])[name] = value  # the next use finds it without this function
        return value

    return load
