"""The client programs of the comparison, built where they have to be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLIENTS = ("go", "node", "python", "python-threads")

Command = list[str]


def build(client: str, folder: Path) -> Command:
    """Build a client's program, and say how it is run.

    Args:
        client: one of `CLIENTS`.
        folder: where programs and downloaded modules go.

    Raises:
        RuntimeError: a tool is missing, or it failed.
    """
    return _BUILDERS[client](folder)


def environment() -> dict[str, str]:
    """This process's environment; a Python client finds the same modules."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _go(folder: Path) -> Command:
    program = folder / "go-client"
    _run(["go", "build", "-trimpath", "-o", str(program), "."], HERE / "go")
    return [str(program)]


def _node(folder: Path) -> Command:
    """npm installs beside its package.json, so the client is copied out of the source tree first."""
    at = folder / "node-client"
    at.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json", "client.js"):
        shutil.copyfile(HERE / "node" / name, at / name)
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], at)
    return ["node", str(at / "client.js")]


def _python(*arguments: str) -> Callable[[Path], Command]:
    return lambda _: [sys.executable, "-m", "sdk.python_client", *arguments]


def _run(command: Command, folder: Path) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise RuntimeError(f"{command[0]} is not installed: install it, or leave its client out of --clients")
    made = subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True, check=False)
    if made.returncode:
        raise RuntimeError(f"{' '.join(command)} in {folder} failed:\n{(made.stdout + made.stderr)[-2000:]}")


_BUILDERS: dict[str, Callable[[Path], Command]] = {
    "go": _go,
    "node": _node,
    "python": _python(),
    "python-threads": _python("--threads"),
}
