"""YAML files that people edit: read as a whole, with the line of everything, and all mistakes at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml


class TemplateError(ValueError):
    """Templates, settings or texts cannot be used; the message lists what is wrong, with file and line."""


class YamlFile:
    """The content of a YAML file, and the mistakes that were found in it.

    Attributes:
        path: the file.
        content: its members.
        mistakes: what was found so far, as sentences with the file and the line.
    """

    def __init__(self, path: Path) -> None:
        """Read a file.

        Raises:
            TemplateError: it is missing, or is not YAML with names and values.
        """
        self.path = path
        self.mistakes: list[str] = []
        try:
            text = path.read_text("utf-8")
            self._root = yaml.compose(text, yaml.SafeLoader)
            content = yaml.safe_load(text)
        except FileNotFoundError:
            raise TemplateError(f"{path} is missing: take it from kindpakket letters template") from None
        except UnicodeDecodeError as error:
            raise TemplateError(f"{path} is not UTF-8 ({error.reason}): save it as UTF-8") from None
        except yaml.YAMLError as error:
            raise TemplateError(f"{path} is not YAML: {error}") from None
        if not isinstance(content, dict):
            raise TemplateError(f"{path} has no settings: write a line `name: value` for each")
        self.content: dict[str, Any] = content

    def mistake(self, keys: Sequence[str | int], sentence: str) -> None:
        """Note what is wrong with the value at a path of names and positions."""
        self.mistakes.append(f"{self.path}, line {self._line(keys)}: {sentence}")

    def check_names(self, required: Sequence[str], optional: Sequence[str] = ()) -> None:
        """Note names that are missing or unknown."""
        for name in required:
            if name not in self.content:
                self.mistake((), f"{name} is missing")
        for name in self.content:
            if name not in required and name not in optional:
                self.mistake((name,), f"{name!r} is unknown: remove it, or correct its spelling")

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


def refuse(mistakes: Sequence[str]) -> None:
    """Raise an error that lists mistakes, if there are any.

    Raises:
        TemplateError: there are.
    """
    if mistakes:
        found = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise TemplateError("\n".join([f"{found} in the templates:", *(f"  {text}" for text in mistakes)]))
