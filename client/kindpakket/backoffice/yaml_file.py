"""YAML files that people edit: read as a whole, with the line of everything, and all mistakes at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import yaml


class YamlFile:
    """The content of a YAML file, and the mistakes that were found in it.

    Attributes:
        error: what is raised when the file cannot be read; the class of a kind of files has its own.
        source: where to take the file from, in the error about one that is missing.
        path: the file.
        content: its members.
        mistakes: what was found so far, as sentences with the file and the line.
    """

    error: ClassVar[type[ValueError]] = ValueError
    source: ClassVar[str] = ""

    def __init__(self, path: Path) -> None:
        """Read a file.

        Raises:
            ValueError: it is missing, or is not YAML with names and values; as `error` says.
        """
        self.path = path
        self.mistakes: list[str] = []
        self._lines: list[int] = []
        try:
            text = path.read_text("utf-8")
            self._root = yaml.compose(text, yaml.SafeLoader)
            content = yaml.safe_load(text)
        except FileNotFoundError:
            source = f": take it from {self.source}" if self.source else ""
            raise self.error(f"{path} is missing{source}") from None
        except UnicodeDecodeError as error:
            raise self.error(f"{path} is not UTF-8 ({error.reason}): save it as UTF-8") from None
        except yaml.YAMLError as error:
            raise self.error(f"{path} is not YAML: {error}") from None
        except ValueError as error:
            # Such as a date that does not exist.
            raise self.error(f"{path} has a value that cannot be read: {error}") from None
        if not isinstance(content, dict):
            raise self.error(f"{path} has no settings: write a line `name: value` for each")
        self.content: dict[str, Any] = content
        self._check_twice(self._root, set())

    def mistake(self, keys: Sequence[str | int], sentence: str) -> None:
        """Note what is wrong with the value at a path of names and positions."""
        self._note(self._line(keys), sentence)

    def check_names(
        self, required: Sequence[str], optional: Sequence[str] = (), keys: Sequence[str] = ()
    ) -> None:
        """Note names that are missing or unknown.

        Args:
            required: names that must be there.
            optional: names that may be there.
            keys: the path of the members that are looked at; none: those of the file.
        """
        members = self.at(keys)
        for name in required:
            if name not in members:
                self.mistake(keys, f"{'.'.join([*keys, name])} is missing")
        for name in members:
            if name not in required and name not in optional:
                self.mistake((*keys, name), f"{name!r} is unknown: remove it, or correct its spelling")

    def at(self, keys: Sequence[str]) -> dict[Any, Any]:
        """The members at a path of names; empty if there are none."""
        found: Any = self.content
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def text(self, name: str, default: str = "") -> str:
        """A text; a mistake if it is something else."""
        value = self.content.get(name, default)
        if not isinstance(value, str) or (not value.strip() and name in self.content):
            self.mistake((name,), f"{name} is not a text: put it in quotation marks")
            return default
        return value

    def flag(self, name: str, default: bool) -> bool:
        """True or false; a mistake if it is something else."""
        value = self.content.get(name, default)
        if not isinstance(value, bool):
            self.mistake((name,), f"{name} must be true or false")
            return default
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; a mistake if it is something else."""
        value = self.content.get(name, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            self.mistake((name,), f"{name} must be a list of texts")
            return ()
        return tuple(value)

    def by_line(self) -> list[str]:
        """The mistakes in the order of the file."""
        numbered = sorted(zip(self._lines, self.mistakes, strict=True), key=lambda mistake: mistake[0])
        return [sentence for _, sentence in numbered]

    def _note(self, line: int, sentence: str) -> None:
        self.mistakes.append(f"{self.path}, line {line}: {sentence}")
        self._lines.append(line)

    def _line(self, keys: Sequence[str | int]) -> int:
        node: Any = self._root
        for key in keys:
            below: Any = None
            if isinstance(node, yaml.MappingNode):
                below = next((value for name, value in node.value if name.value == str(key)), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                below = node.value[key]
            if below is None:
                break
            node = below
        return int(node.start_mark.line) + 1 if node is not None else 1

    def _check_twice(self, node: Any, seen: set[int]) -> None:
        """Note names that appear twice, of which YAML would keep the last one without a word."""
        if id(node) in seen:  # an alias, which may even lead back to itself
            return
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            for below in node.value:
                self._check_twice(below, seen)
        if not isinstance(node, yaml.MappingNode):
            return
        lines: dict[str, int] = {}
        for name, below in node.value:
            line = int(name.start_mark.line) + 1
            text = str(name.value)
            if text in lines:
                self._note(line, f"{text!r} is on line {lines[text]} already: remove one of them")
            lines.setdefault(text, line)
            self._check_twice(below, seen)


def listed(mistakes: Sequence[str], where: str) -> str:
    """Mistakes as one sentence and a line for each.

    Args:
        mistakes: the sentences.
        where: what they are in, such as "in the templates".
    """
    found = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    return "\n".join([f"{found} {where}:", *(f"  {text}" for text in mistakes)])
