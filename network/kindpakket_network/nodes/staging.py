"""Renewed certificates, which wait beside those in use until a node may take them.

`nodes/<node>/msp.next` waits beside `msp`, and `tls.next` beside `tls`. A consenter's certificates wait until
the channels' configurations name them. A node that must be started again to use its new ones is marked.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from kindpakket_network.programs.files import move
from kindpakket_network.programs.home import write

_MARK = "restart"


def staged(folder: Path) -> Path:
    """Where the successor of a folder with a certificate waits."""
    return folder.with_name(f"{folder.name}.next")


def coming(folder: Path) -> Path:
    """The folder with the certificate that will be in use: the successor, when one waits."""
    successor = staged(folder)
    return successor if successor.is_dir() else folder


def adopt(folder: Path) -> None:
    """Put a folder's successor in its place, if one waits. The next call completes what was interrupted."""
    successor, old = staged(folder), folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if not successor.is_dir():
        return
    if folder.is_dir():
        move(folder, old)
    move(successor, folder)
    shutil.rmtree(old, ignore_errors=True)


def mark_for_restart(node: Path) -> None:
    """Remember that a node must be started again.

    Args:
        node: its folder.
    """
    write(node / _MARK, "")


def unmark(node: Path) -> None:
    """Forget it: the node was started again."""
    (node / _MARK).unlink(missing_ok=True)


def marked(node: Path) -> bool:
    """Whether a node must be started again."""
    return (node / _MARK).is_file()
