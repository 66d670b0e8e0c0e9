"""Renewed certificates that are pending until their node may use them.

`nodes/<node>/msp.next` is the successor of `msp`, and `tls.next` of `tls`. A consenter's certificates are
pending until the channels' configurations name them. A node that must restart to use new ones is marked.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from kindpakket_network.programs.files import move
from kindpakket_network.programs.home import write

_MARK = "restart"


def pending_folder(folder: Path) -> Path:
    """The folder of the pending certificate that will replace the one in a folder."""
    return folder.with_name(f"{folder.name}.next")


def newest_folder(folder: Path) -> Path:
    """The pending certificate's folder if there is one, else the present one."""
    successor = pending_folder(folder)
    return successor if successor.is_dir() else folder


def activate(folder: Path) -> None:
    """Replace a folder by its pending successor, if there is one. An interrupted call can be repeated."""
    successor, old = pending_folder(folder), folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if not successor.is_dir():
        return
    if folder.is_dir():
        move(folder, old)
    move(successor, folder)
    shutil.rmtree(old, ignore_errors=True)


def mark_for_restart(node: Path) -> None:
    """Record that a node must be restarted.

    Args:
        node: its folder.
    """
    write(node / _MARK, "")


def unmark(node: Path) -> None:
    """Remove the mark: the node has been restarted."""
    (node / _MARK).unlink(missing_ok=True)


def needs_restart(node: Path) -> bool:
    """Whether a node must be restarted."""
    return (node / _MARK).is_file()
