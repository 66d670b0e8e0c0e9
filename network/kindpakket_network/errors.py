"""The errors of this package.

NetworkError
├── TopologyError     the description of the network is wrong
│   └── ChangeRefused it is right, but a network that lives cannot become it
├── NoSuch            what was named is not there: a network, an organisation, a channel, a node
├── ProgramError      Fabric's programs are missing and cannot be built
├── PortInUse         something else listens where a node should
├── Waiting           this home's part is done, and another organisation has to do its part
├── NodeFailed        a node ended, or did not become ready in time
└── CommandFailed     one of Fabric's programs ended with an error
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class NetworkError(Exception):
    """Something about the network did not work; the message says what, where, and what to do."""


@dataclass(frozen=True)
class Mistake:
    """One mistake in a topology.

    Attributes:
        place: where it stands, such as `organisations[1].peers[0]`.
        words: what is wrong there, with which value, and what to write instead.
        line: the line in the file, from 1; None when the topology was no file.
    """

    place: str
    words: str
    line: int | None = None

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}: "
        return f"{line}{self.place}: {self.words}"


class TopologyError(NetworkError):
    """A topology has mistakes; all of them are listed.

    Attributes:
        mistakes: what is wrong, in the order of the file's members.
    """

    def __init__(self, source: str, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        count = "1 mistake" if len(self.mistakes) == 1 else f"{len(self.mistakes)} mistakes"
        lines = "".join(f"\n  {mistake}" for mistake in self.mistakes)
        super().__init__(f"{source} has {count}:{lines}")


class ChangeRefused(TopologyError):
    """A topology describes what the network in a home cannot become; everything in the way is listed."""


class NoSuch(NetworkError):
    """What was named is not there: a network, an organisation, a channel or a node."""


class ProgramError(NetworkError):
    """Fabric's programs cannot be built here."""


class PortInUse(NetworkError):
    """Another program listens on the port of a node."""


class Waiting(NetworkError):
    """This home's part is done, and the rest waits for another organisation's part.

    Attributes:
        sentences: what is waited for, and who has to do what.
    """

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__("\n".join(self.sentences))


class NodeFailed(NetworkError):
    """A node ended by itself, or was not ready before its deadline.

    Attributes:
        node: the node's name.
        log: its log.
    """

    def __init__(self, node: str, words: str, log: Path, line: str) -> None:
        self.node = node
        self.log = log
        last = f"; it says: {line}" if line else ", and its log is empty"
        super().__init__(f"{node} {words}{last}\nRead {log}")


class CommandFailed(NetworkError):
    """A program ended with an error.

    Attributes:
        output: all that it wrote.
    """

    def __init__(self, words: str, output: str) -> None:
        self.output = output
        super().__init__(words)
