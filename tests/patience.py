"""How long tests wait: a slow machine must not fail a test, only something that hangs."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

PATIENCE = 300.0
"""Seconds to wait for what only has to happen eventually; promised times have their own bounds."""


def ends(process: subprocess.Popen[bytes], log: Path) -> int | None:
    """Wait for a process for as long as it keeps writing to its log.

    Returns:
        Its exit code, or None if it wrote nothing for `PATIENCE` seconds.
    """
    size, since = -1, time.monotonic()
    while time.monotonic() - since < PATIENCE:
        try:
            return process.wait(1)
        except subprocess.TimeoutExpired:
            if log.stat().st_size != size:
                size, since = log.stat().st_size, time.monotonic()
    return None
