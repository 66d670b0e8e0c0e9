"""A YAML file together with the line number of each of its members."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml

from kindpakket_network.errors import Mistake, TopologyError

_FILE = "file"


class _Loader(yaml.SafeLoader):
    """Loads dates as text, because topologies are checked as JSON, which has no dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Document:
    """A parsed YAML file.

    Attributes:
        members: its content.
        lines: the line of each member, from 1, by its path.
        mistakes: duplicate members, of which YAML would silently keep the last.
    """

    members: Any
    lines: Mapping[str, int] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a file.

        Raises:
            TopologyError: it cannot be read, is not YAML, or is empty.
        """
        try:
            found = cls.parse(file.read_text("utf-8"))
        except OSError as error:
            message = f"cannot be read ({error.strerror}): name an existing file"
            raise TopologyError(str(file), [Mistake(_FILE, message)]) from error
        except UnicodeDecodeError as error:
            message = "is not UTF-8 text: save it as UTF-8"
            raise TopologyError(str(file), [Mistake(_FILE, message)]) from error
        except yaml.YAMLError as error:
            raise TopologyError(str(file), [not_yaml(error)]) from error
        except RecursionError as error:
            raise TopologyError(str(file), [Mistake(_FILE, _DEEP)]) from error
        except ValueError as error:
            raise TopologyError(str(file), [Mistake(_FILE, f"has an unreadable value: {error}")]) from error
        if found.members is None:
            raise TopologyError(str(file), [Mistake(_FILE, _EMPTY)])
        return found

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a file's text.

        Raises:
            yaml.YAMLError: it is not YAML.
            RecursionError: its members are nested too deeply.
            ValueError: a value cannot be read, such as a number with thousands of digits.
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
        """The same mistake with the line of its member, or of the nearest enclosing one."""
        at = mistake.place
        while at not in self.lines and at:
            at = at[: max(at.rfind("."), at.rfind("["), 0)]
        return Mistake(mistake.place, mistake.words, self.lines.get(at, self.lines.get(_FILE)))


def place(path: Iterable[Any]) -> str:
    """A path as text, such as `organisations[1].peers[0]`; `file` for the whole file."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or _FILE


def not_yaml(error: yaml.YAMLError) -> Mistake:
    """The mistake of a file that is not YAML."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None)
    reason = f"{context}, {problem}" if context else problem
    line = mark.line + 1 if mark else None
    if "'\\t'" in problem:
        return Mistake(_FILE, "has a tab where YAML allows spaces only: indent that line with spaces", line)
    return Mistake(_FILE, f"is not YAML ({reason}): check quotes and indentation up to that line", line)


_EMPTY = "is empty: start from the one that `kindpakket network init FOLDER` writes"
_ENDLESS = "refers to itself: write it out"
_DEEP = "is nested too deeply: check the brackets"
# Aliases (`*`) multiply: a few lines of YAML can expand to billions of members.
_MOST_PLACES = 50_000
_LONG = f"has more than {_MOST_PLACES} members, counting those repeated by `*`: remove some"


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
                message = f"the member {key.value!r} appears twice: keep one"
                yield Mistake(place(at), message, key.start_mark.line + 1)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
            lines.setdefault(place(at), key.start_mark.line + 1)
            yield from _walk(value, at, lines, (*within, node))
