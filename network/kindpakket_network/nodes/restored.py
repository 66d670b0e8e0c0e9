"""The mark on a node that was restored from a backup, or is rebuilt, and has not caught up with the network.

It is a file in the node's own folder, so it moves with it. A marked node is not started to serve.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.home import write

_MARK = "restored.json"


def mark_restored(folder: Path, backup: str, *, ordering_lost: bool = False) -> None:
    """Mark a node's folder before it is put in place.

    Args:
        folder: the folder.
        backup: the id of the backup.
        ordering_lost: every consenter of every channel has been lost.
    """
    present = _members(folder) if is_restored(folder) else {}
    readmitted = present.get("readmitted", []) if present.get("backup") == backup else []
    members = {"backup": backup, "ordering_lost": ordering_lost, "readmitted": readmitted}
    write(folder / _MARK, json.dumps(members))


def mark_rebuilt(folder: Path) -> None:
    """Mark a node whose ledger is about to be deleted and fetched again.

    Nothing of an earlier mark counts any longer: what a consenter acknowledged since is lost again.
    """
    write(folder / _MARK, json.dumps({"rebuilt": True, "ordering_lost": False}))


def is_rebuilt(folder: Path) -> bool:
    """Whether a node fetches its ledger from the first block on, and must catch up."""
    return is_restored(folder) and bool(_members(folder).get("rebuilt", False))


def is_readmitted(folder: Path, channel: str) -> bool:
    """Whether a channel has been seen without the consenter since it was restored."""
    return channel in _members(folder).get("readmitted", ())


def note_readmitted(folder: Path, channel: str) -> None:
    """Note that a channel is without the consenter, which may now be added as a new one."""
    members = _members(folder)
    members["readmitted"] = sorted({*members.get("readmitted", []), channel})
    write(folder / _MARK, json.dumps(members))


def is_ordering_lost(folder: Path) -> bool:
    """Whether a node was restored with `ordering_lost`."""
    return bool(_members(folder)["ordering_lost"])


def clear_restored(folder: Path) -> None:
    """Remove the mark: the node has caught up."""
    (folder / _MARK).unlink(missing_ok=True)


def is_restored(folder: Path) -> bool:
    """Whether a node must still catch up."""
    return (folder / _MARK).is_file()


def ensure_none_restored(folders: Iterable[Path]) -> None:
    """Check that none of these nodes must still catch up.

    Raises:
        NetworkError: one must.
    """
    names = [folder.name for folder in folders if is_restored(folder)]
    if names:
        raise NetworkError(
            f"{', '.join(names)} {'was' if len(names) == 1 else 'were'} restored or rebuilt and must "
            "catch up before serving: run `up`"
        )


def _members(folder: Path) -> dict[str, Any]:
    members: dict[str, Any] = json.loads((folder / _MARK).read_text("utf-8"))
    return members
