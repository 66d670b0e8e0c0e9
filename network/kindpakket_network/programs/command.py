"""One run of a program that ends: what to run, with which environment, for how long; and the run itself."""

from __future__ import annotations

import os
import pwd
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kindpakket_network.errors import CommandFailed, DiskFull, ProgramError
from kindpakket_network.programs.disk import full_disk

_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "USER", "LD_LIBRARY_PATH")
LONGEST = 600
"""Characters of a log line in an error message."""


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


def base_environment() -> dict[str, str]:
    """The variables that programs inherit from this process: no Fabric settings and no proxies.

    `HOME` is always among them, because Go finds its modules there; services and timers run without it.
    """
    return {"HOME": str(user_folder())} | {name: os.environ[name] for name in _KEPT if os.environ.get(name)}


def user_folder() -> Path:
    """The user's own folder: `$HOME`, or what the system knows of the user.

    Raises:
        ProgramError: neither names one.
    """
    home = os.environ.get("HOME")
    try:
        return Path(home or pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError as error:
        raise ProgramError(
            "HOME is not set, and the system knows no folder of this user: set HOME to a folder that is "
            "kept, where Go's modules and Fabric's programs go"
        ) from error


def run(command: Command, lines: Callable[[str], None] | None = None) -> Result:
    """Run a program and wait for it to exit.

    Args:
        command: what to run.
        lines: called with each line that it writes to standard error.

    Raises:
        CommandFailed: it could not be started, failed, or was killed at its deadline.
        DiskFull: it failed because a disk is full.
    """
    environment = {**base_environment(), **command.environment}
    try:
        process = subprocess.Popen(
            list(command.arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment,
            cwd=command.folder,
        )
    except OSError as error:
        raise CommandFailed(f"{command.name} could not be started: {error}", "") from error
    written: list[str] = []

    def read_errors() -> None:
        assert process.stderr is not None  # noqa: S101
        for line in process.stderr:
            written.append(line)
            if lines is not None:
                lines(line.rstrip("\n"))

    reader = threading.Thread(target=read_errors, daemon=True)
    reader.start()
    timer = threading.Timer(command.deadline, process.kill)
    timer.start()
    with process:
        try:
            assert process.stdout is not None  # noqa: S101
            output = process.stdout.read()
            status = process.wait()
            reader.join()
        except BaseException:
            process.kill()
            raise
        finally:
            late = not timer.is_alive()
            timer.cancel()
    errors = "".join(written)
    if late:
        raise CommandFailed(f"{command.name} did not finish within {command.deadline:g} s", errors)
    if status != 0:
        folders = [command.folder or Path.cwd(), user_folder()]
        if full := full_disk(output + errors, folders):
            raise DiskFull(f"{command.name} failed, because {full}")
        line = last_words(errors) or last_words(output) or "it wrote nothing"
        raise CommandFailed(f"{command.name} failed (exit status {status}): {line}", output + errors)
    return Result(output, errors)


def last_words(text: str) -> str:
    """The last line of a log that reports an error; without one, the last line with text."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    markers = ("panic:", "PANI", "FATA", "[FATAL]", "ERRO", "[ERROR]", "Error:", "error:", "Exception in ")
    for line in reversed(lines):
        if any(marker in line for marker in markers):
            return line[:LONGEST]
    return lines[-1][:LONGEST] if lines else ""
