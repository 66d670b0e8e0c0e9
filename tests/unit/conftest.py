"""Fixtures that several modules of these tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Command, Desk, write_home
from story import DOMAIN

from kindpakket.fabric.testing import MemoryGateway


@pytest.fixture
def kindpakket(tmp_path: Path) -> Iterator[Command]:
    desk = Desk()
    desk.answers["organisations:Show"] = {
        "municipality": "GemeenteMSP",
        "shops": ["WinkelsMSP"],
        "auditors": ["AuditorMSP"],
    }
    with MemoryGateway({DOMAIN.chaincode: desk}, channel=DOMAIN.channel) as memory:
        yield Command(write_home(tmp_path / ".kindpakket", memory.endpoint), desk, memory)
