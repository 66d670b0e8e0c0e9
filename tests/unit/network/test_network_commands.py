"""What all commands have in common."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from kindpakket_cli.network.group import network

# These print, or write, one text that is their answer.
TEXTS = {
    ("schema",),
    ("init",),
    ("draw",),
    ("programs",),
    ("metrics",),
    ("backup-key",),
    ("export", "organisation"),
    ("export", "channel"),
    ("export", "profile"),
}


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands with their names."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def test_every_verb_speaks_json() -> None:
    without = {
        path
        for path, command in commands(network)
        if not any("--json" in option.opts for option in command.params)
    }
    assert without == TEXTS


def test_every_command_says_what_it_does() -> None:
    for path, _ in commands(network):
        result = CliRunner().invoke(network, [*path, "--help"])
        assert result.exit_code == 0, path
        assert len(result.output.splitlines()) > 4, path


def test_files_that_are_written_are_told_as_json(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path / "home"), "--topology", "kindpakket", "--json"]
    for export in (["systemd"], ["bevel", "--image", "registry.example/kindpakket:1"]):
        folder = tmp_path / export[0]
        result = CliRunner().invoke(network, ["export", *export, "-o", str(folder), *home])
        assert result.exit_code == 0, result.output
        told = json.loads(result.stdout)["files"]
        assert {Path(file) for file in told} == set(folder.iterdir())


def test_nothing_to_stop_and_nothing_to_delete_are_told_as_json(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path / "home"), "--json"]
    for verb, members in (("down", {"up": False}), ("reset", {"deleted": False})):
        result = CliRunner().invoke(network, [verb, *home])
        assert (result.exit_code, json.loads(result.stdout)) == (
            0,
            {"home": str(tmp_path / "home"), **members},
        )
    assert not (tmp_path / "home").exists()
