"""The commands in docs/hosts.md are commands that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from kindpakket_cli.network.group import network

GUIDE = Path(__file__).parents[3] / "docs" / "hosts.md"
COMMANDS = re.findall(r"^kindpakket network (.*)$", GUIDE.read_text("utf-8"), re.MULTILINE)
NAMES = re.findall(r"`kindpakket network ([a-z -]*)`", GUIDE.read_text("utf-8"))


def parsed(group: click.Group, words: list[str]) -> None:
    context = click.Context(group)
    name, command, rest = group.resolve_command(context, words)
    assert command is not None
    if isinstance(command, click.Group):
        parsed(command, rest)
        return
    command.make_context(name, rest, parent=context).close()


def test_the_guide_has_commands() -> None:
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_guide_can_be_given(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line)
    for word in words:
        if word.endswith(".json"):
            (tmp_path / word).touch()
    parsed(network, words)


@pytest.mark.parametrize("name", NAMES)
def test_a_command_that_the_guide_names_is_there(name: str) -> None:
    group: click.Command = network
    for word in name.split():
        assert isinstance(group, click.Group)
        assert word in group.commands, word
        group = group.commands[word]
