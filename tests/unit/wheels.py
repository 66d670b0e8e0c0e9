"""Wheels of the repository's two distributions, built from copies of what each is made from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DEADLINE = 3000
_METADATA = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")
_OFFLINE = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")


@dataclass(frozen=True)
class Distribution:
    """A distribution.

    Attributes:
        name: its name.
        folder: where its metadata is.
        sources: the folders of its packages, below that.
    """

    name: str
    folder: Path
    sources: tuple[str, ...]

    def build(self, within: Path) -> Path:
        """Build its wheel in a folder that nothing else is in."""
        source = within / "source"
        source.mkdir(parents=True)
        for name in _METADATA:
            shutil.copy(self.folder / name, source)
        for name in self.sources:
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(self.folder / name, source / name, ignore=ignored)
        ran = run("pip", "wheel", "--quiet", *_OFFLINE, "--wheel-dir", within, source)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        (wheel,) = within.glob("*.whl")
        return wheel


SDK = Distribution("fabric-gateway", REPOSITORY / "sdk", ("fabric_gateway",))
PRODUCT = Distribution("kindpakket", REPOSITORY, ("client", "network"))


def run(
    module: str, *arguments: str | Path, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a module of Python without the paths that lead to this repository."""
    outside = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MYPYPATH")}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=False,
        cwd=cwd,
        env=outside | environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
