"""The home's record of each organisation's last backup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from kindpakket_network.backups.contents import Manifest
from kindpakket_network.programs.home import Home, read_record, write


def record(home: Home, manifest: Manifest, file: Path, sha256: str) -> None:
    """Record a backup.

    Args:
        home: the network's folder.
        manifest: the backup's manifest.
        file: the backup's path.
        sha256: the backup's hash, in hexadecimal.
    """
    made = {"taken": manifest.taken.isoformat(), "id": manifest.id, "file": str(file), "sha256": sha256}
    write(home.backups, json.dumps(_read(home) | dict.fromkeys(manifest.organisations, made), indent=1))


def last_backups(home: Home) -> Mapping[str, datetime]:
    """When each organisation's last backup was started, UTC; organisations without one are left out."""
    return {name: datetime.fromisoformat(backup["taken"]) for name, backup in _read(home).items()}


def _read(home: Home) -> dict[str, dict[str, Any]]:
    if not home.backups.is_file():
        return {}
    return read_record(home.backups)
