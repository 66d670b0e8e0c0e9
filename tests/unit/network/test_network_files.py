"""What takes its place as a whole is on the disk before it has its name, and its name is afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kindpakket_network.nodes.pending import activate
from kindpakket_network.programs.files import move, place, sync_tree
from kindpakket_network.programs.home import write


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is synced and what is renamed, in order, by inode and by name."""
    seen: list[tuple[str, str]] = []
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        seen.append(("sync", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
        sync(descriptor)

    def watched(act: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
        def renamed(path: Path, target: Path) -> Path:
            seen.append(("rename", str(target)))
            return act(path, target)

        return renamed

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "rename", watched(Path.rename))
    monkeypatch.setattr(Path, "replace", watched(Path.replace))
    return seen


def test_a_file_is_synced_before_it_has_its_name_and_its_folder_after(
    tmp_path: Path, steps: list[tuple[str, str]]
) -> None:
    write(tmp_path / "record.json", "{}")
    (kind, beside), *others = steps
    assert kind == "sync"
    assert Path(beside).name.startswith(".record.json.")
    assert others == [("rename", str(tmp_path / "record.json")), ("sync", str(tmp_path))]


def test_a_file_of_another_program_is_placed_the_same_way(
    tmp_path: Path, steps: list[tuple[str, str]]
) -> None:
    (tmp_path / "made").write_bytes(b"block")
    place(tmp_path / "made", tmp_path / "genesis.block")
    assert steps == [
        ("sync", str(tmp_path / "made")),
        ("rename", str(tmp_path / "genesis.block")),
        ("sync", str(tmp_path)),
    ]


def test_a_folder_that_moves_is_synced_at_both_ends(tmp_path: Path, steps: list[tuple[str, str]]) -> None:
    (tmp_path / "staged" / "msp").mkdir(parents=True)
    move(tmp_path / "staged" / "msp", tmp_path / "msp")
    assert steps == [
        ("rename", str(tmp_path / "msp")),
        ("sync", str(tmp_path)),
        ("sync", str(tmp_path / "staged")),
    ]


def test_renewed_certificates_are_adopted_durably(tmp_path: Path, steps: list[tuple[str, str]]) -> None:
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls.next").mkdir()
    activate(tmp_path / "tls")
    names = [str(tmp_path / ".tls.old"), str(tmp_path / "tls")]
    assert steps == [step for name in names for step in (("rename", name), ("sync", str(tmp_path)))]


def test_all_that_another_program_wrote_below_a_folder_is_synced(
    tmp_path: Path, steps: list[tuple[str, str]]
) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("bin/peer", "bin/orderer", "core.yaml"):
        (tmp_path / name).write_text("x")
    (tmp_path / "link").symlink_to("/nowhere")
    sync_tree(tmp_path)
    expected = [tmp_path, *(tmp_path / name for name in ("bin", "bin/peer", "bin/orderer", "core.yaml"))]
    assert sorted(steps) == sorted(("sync", str(path)) for path in expected)


@pytest.mark.parametrize("failing", [os.fsync, Path.replace], ids=["sync", "rename"])
def test_a_write_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: Callable[..., Any]
) -> None:
    write(tmp_path / "record.json", "before")

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if failing is os.fsync else Path, failing.__name__, fails)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "record.json", "after")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"record.json": "before"}
