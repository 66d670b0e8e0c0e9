"""Changes to the source of modules that programs are built with."""

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
    """What is changed in one file of a module.

    Attributes:
        module: the module's path.
        file: the file's path in the module.
        sha256: the hash of the file as it was when the changes were made, hexadecimal.
        changes: pairs of the text that is replaced and the text in its place; each occurs once.
    """

    module: str
    file: str
    sha256: str
    changes: Sequence[tuple[str, str]]

    @classmethod
    def read(cls, members: Mapping[str, Any]) -> Self:
        """A patch as a file of patches holds it."""
        changes = [(str(change["old"]), str(change["new"])) for change in members["changes"]]
        return cls(str(members["module"]), str(members["file"]), str(members["sha256"]), changes)

    def applied(self, content: bytes) -> bytes:
        """The file's content with all changes.

        Raises:
            ProgramError: the file is not the one that the changes were made for.
        """
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise ProgramError(
                f"{self.module} brings {self.file} with SHA-256 {found}, and our changes are for "
                f"{self.sha256}: read the new version, then adapt or remove them in patches.yaml"
            )
        text = content.decode()
        for old, new in self.changes:
            if text.count(old) != 1:
                raise ProgramError(
                    f"a change to {self.file} of {self.module} fits {text.count(old)} places, not 1"
                )
            text = text.replace(old, new)
        return text.encode()


def patches_in(file: Path) -> list[Patch]:
    """The patches in a file; none when there is no such file."""
    if not file.is_file():
        return []
    return [Patch.read(members) for members in yaml.safe_load(file.read_text("utf-8"))]


def patched_copy(patch: Patch, module: Path, folder: Path) -> Path:
    """Copy a module's source into a folder, or use the copy that is there, and change it.

    Args:
        patch: the change.
        module: the folder of the module's source, which may be read-only.
        folder: where copies go.

    Returns:
        The folder of the copy.

    Raises:
        ProgramError: the source is not the one that the change was made for.
    """
    copy = folder / patch.module.rpartition("/")[2]
    if not copy.is_dir():
        shutil.copytree(module, copy, copy_function=shutil.copyfile)
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    target = copy / patch.file
    target.write_bytes(patch.applied(target.read_bytes()))
    return copy
