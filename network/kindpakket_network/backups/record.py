"""When which organisation of a home was backed up last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from kindpakket_network.backups.contents import Manifest
from kindpakket_network.programs.home import Home, read_record, write


def record(home: Home, manifest: Manifest, file: Path, sha256: str) -> None:
    """Write down that a backup was made.

    Args:
        home: the network's folder.
        manifest: what it says about itself.
        file: where it was written.
        sha256: its hash.
    """
    made = {"taken": manifest.taken.isoformat(), "id": manifest.id, "file": str(file), "sha256": sha256}
    write(home.backups, json.dumps(_read(home) | dict.fromkeys(manifest.organisations, made), indent=1))


def last_backups(home: Home) -> Mapping[str, datetime]:
    """When the last backup of each organisation was begun, UTC; those that never had one are not in it."""
    return {name: datetime.fromisoformat(one["taken"]) for name, one in _read(home).items()}


def _read(home: Home) -> dict[str, dict[str, Any]]:
    if not home.backups.is_file():
        return {}
    return read_record(home.backups)
