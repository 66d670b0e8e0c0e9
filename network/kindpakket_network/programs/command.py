"""One run of a program as a value: what to run, with which environment, for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """One run of a program.

    Attributes:
        name: its name in error messages.
        arguments: the program and its arguments.
        environment: variables in addition to the few that every process gets.
        folder: its working folder; None: the current one.
        deadline: seconds until it is killed.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    deadline: float = 60.0


@dataclass(frozen=True)
class Result:
    """What a program wrote.

    Attributes:
        output: its standard output.
        errors: its standard error, where Fabric's programs log.
    """

    output: str
    errors: str
