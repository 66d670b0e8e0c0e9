"""A YAML file with the line of each of its members."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml

from kindpakket_network.errors import Mistake, TopologyError

_FILE = "file"


class _Loader(yaml.SafeLoader):
    """Leaves dates as the text that they are: JSON, which topologies are checked as, has none."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Document:
    """What a YAML file says, and where.

    Attributes:
        members: its content.
        lines: the line of each member, from 1, by place.
        mistakes: members that are written twice, where YAML would silently keep the last.
    """

    members: Any
    lines: Mapping[str, int] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a file.

        Raises:
            TopologyError: it cannot be read, or is not YAML.
        """
        try:
            return cls.parse(file.read_text("utf-8"))
        except OSError as error:
            words = f"cannot be read ({error.strerror}): name an existing file"
            raise TopologyError(str(file), [Mistake(_FILE, words)]) from error
        except UnicodeDecodeError as error:
            words = "is not UTF-8 text: save it as UTF-8"
            raise TopologyError(str(file), [Mistake(_FILE, words)]) from error
        except yaml.YAMLError as error:
            raise TopologyError(str(file), [not_yaml(error)]) from error
        except RecursionError as error:
            raise TopologyError(str(file), [Mistake(_FILE, _DEEP)]) from error
        except ValueError as error:
            raise TopologyError(str(file), [Mistake(_FILE, f"has a value that is none: {error}")]) from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a file's text.

        Raises:
            yaml.YAMLError: it is not YAML.
            RecursionError: its members are nested too deeply.
            ValueError: a value cannot be read, such as a number of thousands of digits.
        """
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            lines: dict[str, int] = {}
            mistakes = list(_walk(root, (), lines, ())) if root else []
            if any(mistake.words in (_ENDLESS, _LONG) for mistake in mistakes):
                return cls({}, lines, tuple(mistakes))
            return cls(loader.construct_document(root) if root else None, lines, tuple(mistakes))
        finally:
            loader.dispose()

    def with_line(self, mistake: Mistake) -> Mistake:
        """The same mistake with the line of its place, or of what it should be in."""
        at = mistake.place
        while at not in self.lines and at:
            at = at[: max(at.rfind("."), at.rfind("["), 0)]
        return Mistake(mistake.place, mistake.words, self.lines.get(at, self.lines.get(_FILE)))


def place(path: Iterable[Any]) -> str:
    """A path of member names and numbers, such as `organisations[1].peers[0]`; `file` for the whole."""
    found = ""
    for part in path:
        found += f"[{part}]" if isinstance(part, int) else f".{part}" if found else str(part)
    return found or _FILE


def not_yaml(error: yaml.YAMLError) -> Mistake:
    """The mistake of a file that is not YAML."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    words = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None)
    said = f"{context}, {words}" if context else words
    line = mark.line + 1 if mark else None
    return Mistake(_FILE, f"is not YAML ({said}): see the quotes and the spaces before that line", line)


_ENDLESS = "refers to itself: write it out"
_DEEP = "has members within members without end: see the brackets"
_MOST_PLACES = 50_000
_LONG = f"has more than {_MOST_PLACES} members, those repeated by `*` included: leave some out"


def _walk(
    node: yaml.Node, path: tuple[Any, ...], lines: dict[str, int], within: tuple[yaml.Node, ...]
) -> Iterator[Mistake]:
    line = node.start_mark.line + 1
    lines.setdefault(place(path), line)
    if len(lines) > _MOST_PLACES:
        if len(lines) == _MOST_PLACES + 1:
            yield Mistake(_FILE, _LONG)
    elif node in within:
        yield Mistake(place(path), _ENDLESS, line)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _walk(item, (*path, number), lines, (*within, node))
    elif isinstance(node, yaml.MappingNode):
        seen: set[Hashable] = set()
        for key, value in node.value:
            at = (*path, key.value if isinstance(key, yaml.ScalarNode) else "?")
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                words = f"the member {key.value!r} is written twice: keep one"
                yield Mistake(place(at), words, key.start_mark.line + 1)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
            lines.setdefault(place(at), key.start_mark.line + 1)
            yield from _walk(value, at, lines, (*within, node))
