"""The real hfc in its own environment: it cannot be installed beside current protobuf messages."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
_DEADLINE = 1200.0


def interpreter() -> Path:
    """The environment's interpreter; it is created on first use and kept in the user's cache.

    Raises:
        RuntimeError: pip could not install hfc.
    """
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kindpakket"
    cache.mkdir(parents=True, exist_ok=True)
    home = cache / f"hfc-{key}"
    with (cache / f"hfc-{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            venv.create(home, clear=True, with_pip=True)
            _install(home)
            (home / "complete").touch()
    return home / "bin" / "python"


def _install(home: Path) -> None:
    python = home / "bin" / "python"
    command: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--requirement",
        REQUIREMENTS,
    ]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=_DEADLINE, check=False
    )
    if done.returncode:
        raise RuntimeError(f"hfc could not be installed by pip: {done.stderr.strip()[-2000:]}")
    # hfc imports a module that was part of Python until 3.11.
    packages = home / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    (packages / "_sha256.py").write_text("from hashlib import sha256\n\n__all__ = ['sha256']\n")


def environment() -> dict[str, str]:
    """This process's environment without what would point another interpreter at this one's packages."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
