"""What the tests of the guides' programs share: where they are, and how one is run as its reader runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path
from types import ModuleType

REPOSITORY = Path(__file__).parents[1]
EXAMPLES = REPOSITORY / "sdk/docs/examples"
DEADLINE = 600


def ran(program: str, *arguments: str | Path, cwd: Path) -> str:
    """What a program prints; it must end well, and warn of nothing."""
    done = subprocess.run(
        command(program, *arguments),
        cwd=cwd,
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


@contextmanager
def started(program: str, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A program that runs, with pipes to it; it is killed at the end."""
    process = subprocess.Popen(
        command(program, *arguments),
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def command(program: str, *arguments: str | Path) -> list[str | Path]:
    """The command that runs a program with all warnings as errors."""
    return [sys.executable, "-W", "error", EXAMPLES / program, *arguments]


def environment(**more: str) -> dict[str, str]:
    """The environment of a program, in which gRPC's core writes nothing on the error output."""
    return {**os.environ, "GRPC_VERBOSITY": "NONE", "PYTHONUNBUFFERED": "1", **more}


def module(path: str) -> ModuleType:
    """A file of the examples as a module, for tests that call its functions."""
    file = EXAMPLES / path
    found = util.spec_from_file_location(file.stem, file)
    assert found is not None and found.loader is not None
    made = util.module_from_spec(found)
    found.loader.exec_module(made)
    return made
