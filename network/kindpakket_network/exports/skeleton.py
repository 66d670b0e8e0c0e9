"""A topology to start from: a packaged one as a file of one's own, with the schema for editors."""

from __future__ import annotations

import json
import re
from pathlib import Path

from kindpakket_network.description.form import schema
from kindpakket_network.description.topology import Topology, packaged_file
from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.home import write

_HINT = "# yaml-language-server: $schema="
_SCHEMA = "topology.schema.json"
_SOURCE = re.compile(r"^(\s*source: )(\S+)$", re.MULTILINE)


def skeleton(folder: Path, like: str) -> Path:
    """Write `topology.yaml` and its schema.

    Args:
        folder: where they go; made when it is not there.
        like: the packaged topology to start from.

    Returns:
        The topology's file.

    Raises:
        TopologyError: no topology of that name is packaged.
        NetworkError: there is a topology in the folder already.
    """
    Topology.packaged(like)
    file = folder / "topology.yaml"
    if file.exists():
        raise NetworkError(f"{file} is there already: change it, or name another folder")
    packaged = packaged_file(like)
    text = packaged.read_text("utf-8").partition("\n")[2]
    moved = _SOURCE.sub(lambda found: found[1] + str((packaged.parent / found[2]).resolve()), text)
    write(folder / _SCHEMA, json.dumps(schema(), indent=1, ensure_ascii=False))
    write(file, f"{_HINT}{_SCHEMA}\n{moved}")
    return file
