"""A chaincode's source: its language, the files that count, and their digest."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from kindpakket_network.chaincodes.languages import (
    GO,
    Language,
    all_markers,
    builds_to_dist,
    language_or_other,
)
from kindpakket_network.description.chaincode import Chaincode
from kindpakket_network.errors import NetworkError

_NOT_COMPILED = ("_test.go", ".md")


@dataclass(frozen=True)
class Source:
    """A folder with a chaincode's source, and how it becomes a program.

    Attributes:
        folder: the folder.
        language: its language.
        build: the shell command that builds it, from the topology; None: the language's usual one.
        run: the shell command that starts it, from the topology; None: the language's usual one.
    """

    folder: Path
    language: Language
    build: str | None = None
    run: str | None = None

    @classmethod
    def of(cls, chaincode: Chaincode) -> Source:
        """The source of a chaincode.

        Raises:
            NetworkError: there is no such folder, or nothing says how to start what is in it.
        """
        folder = chaincode.source
        if not folder.is_dir():
            raise NetworkError(
                f"there is no folder {folder}: name {chaincode.name}'s folder as its `source` in the topology"
            )
        language = language_or_other(folder)
        if language.run is None and chaincode.run is None:
            if not language.markers:
                raise NetworkError(
                    f"{folder} has none of {', '.join(all_markers())}: name the folder of "
                    f"{chaincode.name} as its `source`, or say in the topology with `build` and `run` how it "
                    "becomes a program"
                )
            raise NetworkError(
                f"the chaincode in {folder} is {language.name}, which has no usual way to start: say in the "
                "topology with `build` and `run` how it becomes a program"
            )
        return cls(folder, language, chaincode.build, chaincode.run)

    @property
    def is_plain_go(self) -> bool:
        """Whether it is a Go module that compiles to one program without anything of its own."""
        return self.language is GO and self.build is None and self.run is None

    def digest(self) -> str:
        """The SHA-256 of its files and of the topology's commands, in hexadecimal.

        What a build writes, hidden files, and a Go module's tests and Markdown do not count.
        """
        digest = hashlib.sha256()
        for path in self.files():
            for part in (path.relative_to(self.folder).as_posix().encode(), path.read_bytes()):
                digest.update(len(part).to_bytes(8, "big") + part)
        for name, command in (("build", self.build), ("run", self.run)):
            if command is not None:
                for part in (f"\0{name}".encode(), command.encode()):
                    digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    def files(self) -> list[Path]:
        """The files that count, sorted by their paths."""
        found: list[Path] = []
        for root, folders, files in os.walk(self.folder):
            folders[:] = [name for name in folders if not self._is_left_out(name)]
            found += [Path(root) / name for name in files if self._counts(name)]
        return sorted(found, key=lambda path: path.relative_to(self.folder).as_posix())

    def copy_to(self, target: Path) -> None:
        """Copy the files that count into a folder, which is created."""
        for path in self.files():
            copy = target / path.relative_to(self.folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)

    def _is_left_out(self, folder: str) -> bool:
        if self.language is GO:
            return folder.startswith((".", "_")) or folder == "testdata"
        written = folder in self.language.output or (folder == "dist" and builds_to_dist(self.folder))
        return folder.startswith(".") or written

    def _counts(self, file: str) -> bool:
        return not file.startswith(".") and not (self.language is GO and file.endswith(_NOT_COMPILED))
