"""The mark on a user or node whose certificates were revoked."""

from __future__ import annotations

from pathlib import Path

from kindpakket_network.programs.home import write

_MARK = "revoked"


def mark_revoked(folder: Path) -> None:
    """Record that the certificates in a user's or node's folder were revoked.

    Args:
        folder: the folder that holds `msp`.
    """
    write(folder / _MARK, "")


def is_revoked(folder: Path) -> bool:
    """Whether the certificates in a user's or node's folder were revoked."""
    return (folder / _MARK).is_file()
