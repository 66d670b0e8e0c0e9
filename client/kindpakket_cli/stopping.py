"""Commands that run until somebody ends them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from kindpakket_cli.output import note


@contextmanager
def stoppable() -> Iterator[None]:
    """End quietly on Ctrl-C and SIGTERM: what was not committed is done by the next run."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        note("Stopped.")
    finally:
        signal.signal(signal.SIGTERM, before)
