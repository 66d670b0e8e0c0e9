"""How long tests wait for what must come: a machine may be slow, and only what hangs is to end a test."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

PATIENCE = 300.0
"""Seconds for what only has to come; what is promised within a time has a bound of its own."""


def ends(process: subprocess.Popen[bytes], log: Path) -> int | None:
    """Wait for a process as long as it writes something.

    Returns:
        Its exit code; None when it wrote nothing for `PATIENCE` seconds.
    """
    size, since = -1, time.monotonic()
    while time.monotonic() - since < PATIENCE:
        try:
            return process.wait(1)
        except subprocess.TimeoutExpired:
            if log.stat().st_size != size:
                size, since = log.stat().st_size, time.monotonic()
    return None
