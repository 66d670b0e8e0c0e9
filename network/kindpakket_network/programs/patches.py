"""Patches to the source of Go modules before programs are built with them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from kindpakket_network.errors import ProgramError


@dataclass(frozen=True)
class Patch:
    """The changes to one file of a module.

    Attributes:
        module: the module's path.
        file: the file's path in the module.
        sha256: the hash of the original file, in hexadecimal.
        changes: pairs of old and new text; each old text must occur exactly once.
    """

    module: str
    file: str
    sha256: str
    changes: Sequence[tuple[str, str]]

    @classmethod
    def read(cls, members: Mapping[str, Any]) -> Self:
        """A patch from the members of a patches file."""
        changes = [(str(change["old"]), str(change["new"])) for change in members["changes"]]
        return cls(str(members["module"]), str(members["file"]), str(members["sha256"]), changes)

    def applied(self, content: bytes) -> bytes:
        """The file's content with all changes.

        Raises:
            ProgramError: the file is not the one that the changes were made for.
        """
        digest = hashlib.sha256(content).hexdigest()
        if digest != self.sha256:
            raise ProgramError(
                f"{self.file} of {self.module} has SHA-256 {digest}, but its patch is for {self.sha256}: "
                "read the new version, then adapt or remove the patch in patches.yaml"
            )
        text = content.decode()
        for old, new in self.changes:
            if text.count(old) != 1:
                raise ProgramError(
                    f"a patch of {self.file} in {self.module} matches {text.count(old)} times instead of "
                    "once: correct it in patches.yaml"
                )
            text = text.replace(old, new)
        return text.encode()


def patches_in(file: Path) -> list[Patch]:
    """The patches in a file; none if it does not exist."""
    if not file.is_file():
        return []
    return [Patch.read(members) for members in yaml.safe_load(file.read_text("utf-8"))]


def patched_copy(patch: Patch, module: Path, folder: Path) -> Path:
    """Copy a module's source into a folder, unless it is there, and apply a patch to the copy.

    Args:
        patch: the patch.
        module: the folder of the module's source, which may be read-only.
        folder: the folder for copies.

    Returns:
        The folder of the copy.

    Raises:
        ProgramError: the source is not the one that the patch was made for.
    """
    copy = folder / patch.module.rpartition("/")[2]
    if not copy.is_dir():
        shutil.copytree(module, copy, copy_function=shutil.copyfile)
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    target = copy / patch.file
    target.write_bytes(patch.applied(target.read_bytes()))
    return copy
