"""What tests of processes share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes


@pytest.fixture
def processes(home: Home) -> Iterator[Processes]:
    """The processes of a test's home, all of which are stopped at the end."""
    made = Processes(home)
    yield made
    for node in made.all():
        made.stop(node, signal.SIGKILL)
