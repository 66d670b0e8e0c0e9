"""Taking files of other organisations into a home: their bundles, and channels' first blocks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kindpakket_network.channel import first_block
from kindpakket_network.errors import NetworkError
from kindpakket_network.exports import bundle, bundle_exchange
from kindpakket_network.nodes.session import Session

_LARGEST = 8 << 20


def admit(session: Session, files: Sequence[Path]) -> list[str]:
    """Take files into the home, bundles before blocks.

    Returns:
        A sentence about each.

    Raises:
        NetworkError: a file cannot be read, or is refused; those before it are admitted.
    """
    found = [(path, _parsed(path)) for path in files]
    done: list[str] = []
    for path, members in found:
        if members["kind"] == bundle.KIND:
            read = bundle.Bundle.read(members, str(path))
            news = bundle_exchange.admit(session, read, str(path))
            roots = " and ".join(read.fingerprints())
            state = "is admitted" if news else "was known"
            done.append(f"{read.organisation} {state}; SHA-256 of its roots for identities and TLS: {roots}")
    for path, members in found:
        if members["kind"] == first_block.KIND:
            news = first_block.admit_first_block(session, members, str(path))
            state = "is admitted: it says what the topology says" if news else "was known"
            done.append(f"the first block of {members['channel']} {state}")
    return done


def _parsed(path: Path) -> dict[str, Any]:
    kinds = (bundle.KIND, first_block.KIND)
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST >> 20} MB")
        members = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise NetworkError(f"{path} cannot be read ({error}): name a file that `export` made") from error
    if not isinstance(members, dict) or members.get("kind") not in kinds:
        raise NetworkError(f"{path} is neither a bundle nor a first block: name a file that `export` made")
    return members
