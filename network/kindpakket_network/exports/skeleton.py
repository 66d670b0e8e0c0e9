"""A topology to start from: a copy of a packaged one, with the schema for editors."""

from __future__ import annotations

import json
import re
from pathlib import Path

from kindpakket_network.description.schema import schema
from kindpakket_network.description.topology import Topology, packaged_file
from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.home import write

_HINT = "# yaml-language-server: $schema="
_SCHEMA = "topology.schema.json"
_SOURCE = re.compile(r"^(\s*source: )(\S+)$", re.MULTILINE)


def skeleton(folder: Path, like: str) -> Path:
    """Write `topology.yaml` and its schema.

    Args:
        folder: their folder; created if needed.
        like: the packaged topology to start from.

    Returns:
        The topology's file.

    Raises:
        TopologyError: there is no packaged topology of that name.
        NetworkError: the folder already has a topology.
    """
    Topology.packaged(like)
    file = folder / "topology.yaml"
    if file.exists():
        raise NetworkError(f"{file} already exists: edit it, or name another folder")
    packaged = packaged_file(like)
    text = packaged.read_text("utf-8").partition("\n")[2]
    moved = _SOURCE.sub(lambda found: found[1] + str((packaged.parent / found[2]).resolve()), text)
    write(folder / _SCHEMA, json.dumps(schema(), indent=1, ensure_ascii=False))
    write(file, f"{_HINT}{_SCHEMA}\n{moved}")
    return file
