"""What the tests of the guides' programs share: where they are, and how one is run as its reader runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import util
from pathlib import Path
from types import ModuleType

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "docs/sdk/examples"
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
