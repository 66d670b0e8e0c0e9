"""Imports files from other organisations into a home: their bundles, and channels' genesis blocks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kindpakket_network.channel import genesis_file
from kindpakket_network.errors import NetworkError
from kindpakket_network.exports import bundle, bundle_exchange
from kindpakket_network.nodes.session import Session

# Bytes. A genesis block of dozens of organisations stays below 1 MB; this only stops a wrong file.
_LARGEST = 8 << 20


def admit(session: Session, files: Sequence[Path]) -> list[str]:
    """Import files into the home, bundles before blocks.

    Returns:
        A sentence about each file.

    Raises:
        NetworkError: a file cannot be read, or is rejected; those before it have been imported.
    """
    parsed = [(path, _parsed(path)) for path in files]
    done: list[str] = []
    for path, members in parsed:
        if members["kind"] == bundle.KIND:
            read = bundle.Bundle.read(members, str(path))
            news = bundle_exchange.admit(session, read, str(path))
            roots = " and ".join(read.fingerprints())
            state = "admitted" if news else "already known"
            done.append(f"{read.organisation}: {state}; SHA-256 of its roots for identities and TLS: {roots}")
    for path, members in parsed:
        if members["kind"] == genesis_file.KIND:
            news = genesis_file.admit_genesis(session, members, str(path))
            state = "admitted; it matches the topology" if news else "already known"
            done.append(f"genesis block of {members['channel']}: {state}")
    return done


def _parsed(path: Path) -> dict[str, Any]:
    kinds = (bundle.KIND, genesis_file.KIND)
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST >> 20} MB")
        members = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise NetworkError(f"{path} cannot be read ({error}): name a file that `export` made") from error
    if not isinstance(members, dict) or members.get("kind") not in kinds:
        raise NetworkError(f"{path} is neither a bundle nor a genesis block: name a file that `export` made")
    return members
