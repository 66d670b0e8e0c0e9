"""How often a node's process was started, and how often it had exited without being stopped."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from kindpakket_network.programs.home import write


@dataclass(frozen=True)
class History:
    """The starts of a node.

    Attributes:
        starts: how often it was started.
        deaths: how often it had exited by then without being stopped by this tool: killed, crashed, or lost
            in a restart of the machine.
    """

    starts: int = 0
    deaths: int = 0

    @classmethod
    def read(cls, path: Path) -> Self:
        """The record in a file; an empty one if the file is missing or unreadable."""
        try:
            members = json.loads(path.read_text("utf-8"))
            return cls(int(members["starts"]), int(members["deaths"]))
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def next(self, ended_by_itself: bool) -> Self:
        """The record after one more start."""
        return replace(self, starts=self.starts + 1, deaths=self.deaths + ended_by_itself)

    def write(self, path: Path) -> None:
        """Write the record to a file."""
        write(path, json.dumps(asdict(self)))
