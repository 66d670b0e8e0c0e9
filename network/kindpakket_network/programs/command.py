"""The programs that run to their end, as small values: what to run, with what, for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """One run of a program.

    Attributes:
        name: what to call it in errors.
        arguments: program and arguments.
        environment: variables beside the few that every process gets.
        folder: its working folder; ours when not given.
        deadline: seconds after which it is killed.
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
        output: standard output.
        errors: standard error, where Fabric's programs log.
    """

    output: str
    errors: str
