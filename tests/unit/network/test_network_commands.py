"""What all commands have in common."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from kindpakket_cli.network.group import network


def test_files_that_are_written_are_told_as_json(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path / "home"), "--topology", "kindpakket", "--json"]
    for export in (["systemd"], ["bevel", "--image", "registry.example/kindpakket:1"]):
        folder = tmp_path / export[0]
        result = CliRunner().invoke(network, ["export", *export, "-o", str(folder), *home])
        assert result.exit_code == 0, result.output
        told = json.loads(result.stdout)["files"]
        assert {Path(file) for file in told} == set(folder.iterdir())


def test_folders_and_keys_are_told_as_json(tmp_path: Path) -> None:
    key = tmp_path / "backup.key"
    result = CliRunner().invoke(network, ["backup-key", "--open", str(key), "--json"])
    assert result.exit_code == 0, result.output
    members = json.loads(result.stdout)
    assert members["file"] == str(key) and members["public_key"].startswith("age1")
    result = CliRunner().invoke(network, ["init", str(tmp_path / "folder"), "--json"])
    assert Path(json.loads(result.stdout)["file"]).is_file()


def test_nothing_to_stop_and_nothing_to_delete_are_told_as_json(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path / "home"), "--json"]
    for verb, members in (("down", {"up": False}), ("reset", {"deleted": False})):
        result = CliRunner().invoke(network, [verb, *home])
        assert (result.exit_code, json.loads(result.stdout)) == (
            0,
            {"home": str(tmp_path / "home"), **members},
        )
    assert not (tmp_path / "home").exists()
