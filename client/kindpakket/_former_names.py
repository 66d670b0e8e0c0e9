"""Names of modules before the SDK was a distribution of its own: `kindpakket.fabric` and `kindpakket.hfc`.

A former name gives the very module that has the new name, so that classes and errors are the same ones.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

_PRESENT = {"kindpakket.fabric": "fabric_gateway", "kindpakket.hfc": "fabric_gateway.hfc"}


class _FormerNames(MetaPathFinder, Loader):
    """Finds modules under their former names."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's specification; None: the name is not a former one, or nothing has the new name."""
        present = _present(fullname)
        if present is None or find_spec(present) is None:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module that has the new name."""
        module = import_module(_present(spec.name) or "")
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module as it is; importing it under another name has replaced its specification."""
        former = module.__spec__
        if former is not None:
            module.__spec__ = former.loader_state


def install() -> None:
    """Let the former names be imported."""
    if not any(isinstance(finder, _FormerNames) for finder in sys.meta_path):
        # First, since folders that an earlier version left behind would be found as empty packages.
        sys.meta_path.insert(0, _FormerNames())


def _present(name: str) -> str | None:
    for former, present in _PRESENT.items():
        if name == former or name.startswith(f"{former}."):
            return present + name.removeprefix(former)
    return None
