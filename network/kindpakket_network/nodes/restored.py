"""The mark on a node that came out of a backup and is not where the network is yet.

It lies in the node's own folder and comes and goes with it. A node that has it is not started to serve.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.home import write

_MARK = "restored.json"


def mark(folder: Path, backup: str, *, ordering_lost: bool = False) -> None:
    """Mark a node's folder, before it is put in place.

    Args:
        folder: the folder.
        backup: the id of the backup.
        ordering_lost: no consenter of any channel of the network is left anywhere.
    """
    write(folder / _MARK, json.dumps({"backup": backup, "ordering_lost": ordering_lost}))


def ordering_is_lost(folder: Path) -> bool:
    """Whether a marked node was told that no consenter is left."""
    return bool(json.loads((folder / _MARK).read_text("utf-8"))["ordering_lost"])


def unmark(folder: Path) -> None:
    """Take the mark away: the node is where the network is."""
    (folder / _MARK).unlink(missing_ok=True)


def is_marked(folder: Path) -> bool:
    """Whether a node still has to catch up."""
    return (folder / _MARK).is_file()


def ensure_none(folders: Iterable[Path]) -> None:
    """See that none of these nodes still has to catch up.

    Raises:
        NetworkError: one has.
    """
    names = [folder.name for folder in folders if is_marked(folder)]
    if names:
        raise NetworkError(
            f"{', '.join(names)} came out of a backup and must not serve before catching up: run `up`, which "
            "sees to that"
        )
