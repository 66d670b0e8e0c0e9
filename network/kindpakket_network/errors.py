"""The errors of this package.

NetworkError
├── TopologyError     the description of the network is wrong
│   └── ChangeRefused it is valid, but the running network cannot become it
├── NoSuch            a network, organisation, channel or node that was named does not exist
├── ProgramError      Fabric's programs are missing and cannot be built
├── DiskFull          a disk is full
├── PortInUse         another program listens on a node's port
├── Waiting           this home has done its part; another organisation must act next
├── NodeFailed        a node exited, or did not become ready in time
└── CommandFailed     one of Fabric's programs failed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class NetworkError(Exception):
    """A network operation failed; the message says what failed, where, and what to do."""


@dataclass(frozen=True)
class Mistake:
    """A problem in a topology, or a warning about it.

    Attributes:
        place: its path in the file, such as `organisations[1].peers[0]`.
        words: what is wrong, with the value found, and what to write instead.
        line: the line in the file, from 1; None when the topology was not read from a file.
    """

    place: str
    words: str
    line: int | None = None

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}: "
        return f"{line}{self.place}: {self.words}"


class TopologyError(NetworkError):
    """A topology has problems; all of them are listed.

    Attributes:
        mistakes: the problems, in the order of the file.
    """

    def __init__(self, source: str, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        count = "1 problem" if len(self.mistakes) == 1 else f"{len(self.mistakes)} problems"
        lines = "".join(f"\n  {mistake}" for mistake in self.mistakes)
        super().__init__(f"{source}: {count} found{lines}")


class ChangeRefused(TopologyError):
    """The network in a home cannot become what a topology describes; every obstacle is listed."""


class NoSuch(NetworkError):
    """What was named is not there: a network, an organisation, a channel or a node."""


class ProgramError(NetworkError):
    """Fabric's programs cannot be built here."""


class DiskFull(NetworkError):
    """A disk is full; the message names the folder."""


class PortInUse(NetworkError):
    """Another program listens on a node's port."""


class Waiting(NetworkError):
    """This home has done its part; another organisation must act before the rest can be done.

    Attributes:
        sentences: what is missing, and who has to do what.
    """

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__("\n".join(self.sentences))


class NodeFailed(NetworkError):
    """A node exited unexpectedly, or did not do what it should before a deadline.

    Attributes:
        node: the node's name.
        log: the path of its log.
        remedy: what to do besides reading the log, as a sentence; "" if only the log can tell.
    """

    def __init__(self, node: str, problem: str, log: Path, line: str, remedy: str = "") -> None:
        self.node = node
        self.log = log
        self.remedy = remedy
        last = f"; last log line: {line}" if line else "; its log is empty"
        super().__init__(f"{node} {problem}{last}\n{remedy + ' ' if remedy else ''}Read {log}")


class UpgradeStopped(NetworkError):
    """An upgrade of Fabric's programs stopped at a node.

    Attributes:
        node: the node, which did not come back with the new build, or was not touched.
    """

    def __init__(
        self,
        node: str,
        build: str,
        earlier: str | None,
        done: Sequence[str],
        cause: NetworkError,
        *,
        untouched: bool = False,
    ) -> None:
        self.node = node
        where = f"before {node}" if untouched else f"at {node}, which did not come back"
        others = f"{', '.join(done)} already {'runs' if len(done) == 1 else 'run'} it. " if done else ""
        back = f", or go back with `kindpakket network upgrade {earlier}`" if earlier else ""
        super().__init__(
            f"{cause}\nThe upgrade to build {build} stopped {where}. {others}Repair what is wrong and run "
            f"`kindpakket network upgrade`{back}"
        )


class CommandFailed(NetworkError):
    """A program failed, could not be started, or did not finish in time.

    Attributes:
        output: everything it wrote.
    """

    def __init__(self, message: str, output: str) -> None:
        self.output = output
        super().__init__(message)
