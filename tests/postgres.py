"""A PostgreSQL server of the tests' own, from the programs that the distribution installed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from patience import PATIENCE


def programs() -> Path | None:
    """The folder of the newest server's programs; None: there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    plain = shutil.which("initdb")
    return found[-1].parent if found else Path(plain).resolve().parent if plain else None


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """A running server that listens on a socket in a folder of its own; the URL of its database."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    who: dict[str, Any] = {}
    if os.getuid() == 0:  # the server refuses to run as root
        account = pwd.getpwnam("nobody")
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = folder / "data"
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            timeout=PATIENCE,
            **who,
        )
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", folder, "-h", "", "-c", "fsync=off"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **who,
        )
        try:
            url = f"postgresql+psycopg://tests@/postgres?host={folder}"
            _wait_for(url)
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # what makes it end its clients and stop
            process.wait(PATIENCE)
    finally:
        shutil.rmtree(folder)


def _wait_for(url: str) -> None:
    engine = create_engine(url)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            engine.connect().close()
        except OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            engine.dispose()
            return
