"""A member of a connection profile with the path that leads to it, so that mistakes can be named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from fabric_gateway.errors import ProfileError

Value: TypeAlias = object


class Member:
    """A member of a profile.

    Attributes:
        source: how messages begin: the file's name and a colon, or "".
        folder: where relative paths start.
        path: names of the members that lead here, with dots; "" for the profile itself.
        value: what is there.
    """

    def __init__(self, source: str, folder: Path, path: str, value: Value) -> None:
        self.source = source
        self.folder = folder
        self.path = path
        self.value = value

    def wrong(self, why: str) -> ProfileError:
        """The error that says what is wrong here."""
        return ProfileError(f"{self.source}{self.path or 'the profile'} {why}")

    def get(self, name: str) -> Member | None:
        """A member of this mapping; None if it is not there or empty."""
        value = self.mapping().get(name)
        return None if value is None else self.child(name, value)

    def need(self, name: str) -> Member:
        """A member that must be there."""
        member = self.get(name)
        if member is None:
            raise self.child(name, None).wrong("is missing")
        return member

    def mapping(self) -> Mapping[str, Value]:
        """This value as a mapping."""
        if not isinstance(self.value, dict):
            raise self.wrong(f"must be a mapping, not {kind(self.value)}")
        return {str(key): value for key, value in self.value.items()}

    def children(self, name: str) -> dict[str, Member]:
        """The members of a mapping that may be missing, by name."""
        member = self.get(name)
        return {} if member is None else {key: member.need(key) for key in member.mapping()}

    def text(self) -> str:
        """This value as a text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            raise self.wrong(f"must be text, not {kind(self.value)}")
        return self.value

    def text_of(self, name: str, default: str = "") -> str:
        """A text that may be missing."""
        member = self.get(name)
        return member.text() if member else default

    def names(self, name: str) -> tuple[str, ...]:
        """The texts of a list that may be missing."""
        member = self.get(name)
        return () if member is None else tuple(item.text() for item in member.items("names"))

    def items(self, what: str) -> tuple[Member, ...]:
        """The items of this list."""
        if not isinstance(self.value, list):
            raise self.wrong(f"must be a list of {what}, not {kind(self.value)}")
        return tuple(self.child(str(index), value) for index, value in enumerate(self.value))

    def content(self) -> bytes:
        """What this mapping holds under `pem`, or the file that it names under `path`."""
        inline = self.get("pem")
        if inline is not None:
            texts = self.names("pem") if isinstance(inline.value, list) else (inline.text(),)
            return "".join(text if text.endswith("\n") else text + "\n" for text in texts).encode()
        return self.need("path").file()

    def file(self) -> bytes:
        """The content of the file that this text names; of a folder, that of the only file in it.

        `$NAME` and `${NAME}` in it stand for environment variables.
        """
        file = self.folder / os.path.expandvars(self.text())
        try:
            if not file.is_dir():
                return file.read_bytes()
            found = [path for path in file.iterdir() if path.is_file() and not path.name.startswith(".")]
            if len(found) == 1:
                return found[0].read_bytes()
        except OSError as error:
            raise self.wrong(f"is {self.text()!r}, which cannot be read: {error.strerror}") from error
        raise self.wrong(f"is {self.text()!r}, a folder with {len(found)} files: name one file")

    def child(self, name: str, value: Value) -> Member:
        """A value below this one."""
        return Member(self.source, self.folder, f"{self.path}.{name}" if self.path else name, value)


def kind(value: Value) -> str:
    """What a value is, for messages."""
    return "empty" if value is None or value == "" else type(value).__name__
