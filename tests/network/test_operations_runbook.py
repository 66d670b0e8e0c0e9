"""The runbook's commands, all of them and in order, do what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import page
import pytest

from kindpakket_network.description.ports import free_base

BASE = "27050"
ORGANISATIONS = 8


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Path]:
    with page.workplace_in(tmp_path, (".kindpakket", "auditors")) as made:
        yield made


def test_every_command_does_what_the_runbook_says(workplace: Path) -> None:
    text = (page.DOCS / "runbook.md").read_text("utf-8").replace(BASE, str(free_base(ORGANISATIONS)))
    output = page.run(page.commands(text), workplace)
    assert output.count("\n$ kindpakket ") > 40
    assert not (workplace / ".kindpakket").exists()
