"""A bank that others programmed: it takes payment files, and sends reports and statements."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from mockbank import Config, make_server

REJECTED = 422


class Bank:
    """The bank's door for programs."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        answer = httpx.request(method, f"http://127.0.0.1:{self.port}{path}", content=body, timeout=30)
        # A bank that rejects a file answers so at once, and in its report.
        if answer.status_code != REJECTED:
            answer.raise_for_status()
        return answer.content

    def hold(self, name: str, iban: str, **members: Any) -> None:
        """Open an account, with how the bank treats its payments."""
        account = {"id": name, "iban": iban, "currency": "EUR", "balance": 1_000_000, **members}
        self.ask("POST", "/_mock/accounts", json.dumps(account).encode())

    def change(self, name: str, **members: Any) -> None:
        """Treat the payments of an account otherwise from now on."""
        self.ask("PATCH", f"/_mock/accounts/{name}", json.dumps(members).encode())

    def pass_days(self, days: int) -> None:
        """Let days go by, each with what the bank does on it."""
        self.ask("POST", f"/_mock/advance?days={days}")

    def files(self, kind: str) -> list[bytes]:
        """What it has sent of a kind, since the last time."""
        sent = self.ask("GET", f"/_mock/mailbox?raw&type={kind}")
        return [part for part in re.split(rb"(?=<\?xml )", sent) if part.strip()]


@contextmanager
def opened(clock: str) -> Iterator[Bank]:
    """A bank whose clock begins at an instant, such as `2026-11-24T09:00`."""
    server = make_server(Config(port=0, quiet=True, clock=clock))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Bank(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
