"""The guide's worker as a process: its orders, what it has recorded, and its metrics."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from sdk_programs import DEADLINE, started

patiently = retry(
    retry=retry_if_exception_type((AssertionError, httpx.HTTPError, sqlite3.OperationalError)),
    stop=stop_after_delay(DEADLINE),
    wait=wait_fixed(0.05),
    reraise=True,
)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Worker:
    """What one worker has.

    Attributes:
        profile: its connection profile.
        msp: its MSP folder.
        folder: its own files.
        port: where its metrics are.
    """

    profile: Path
    msp: Path
    folder: Path
    port: int = field(default_factory=_free_port)

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[str]]:
        """The process, once it has reached its peer."""
        with started("months/worker.py", self.profile, self.msp, self.folder, str(self.port)) as process:
            self.await_metric("fabric_peers_healthy", 1.0)
            yield process

    @patiently
    def await_metric(self, name: str, value: float) -> None:
        page = httpx.get(f"http://127.0.0.1:{self.port}/metrics").text
        assert f"\n{name} {value}\n" in page

    def order(self, *assets: str, owner: str = "Ann") -> None:
        """Write orders, one for each asset, as another program does."""
        with closing(sqlite3.connect(self.folder / "worker.db", timeout=60)) as database, database:
            rows = [(f"order of {asset} for {owner}", asset, owner, "new") for asset in assets]
            database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)

    @patiently
    def await_done(self, number: int) -> None:
        assert self.rows("SELECT count(*) FROM orders WHERE state = 'done'") == [(number,)]

    @patiently
    def await_failed(self, message: str) -> None:
        assert [state for (state,) in self.rows("SELECT state FROM orders") if message in state]

    @patiently
    def await_events(self, *assets: str) -> None:
        """Wait until the events of these assets are recorded; those of others are not looked at."""
        texts = [text for (text,) in self.rows("SELECT text FROM seen") if text in assets]
        assert sorted(texts) == sorted(assets)

    def rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "worker.db", timeout=60)) as database:
            return database.execute(query).fetchall()
