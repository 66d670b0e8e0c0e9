"""The three files of a disclosure: JSON with the hash of its own content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

REQUEST = "kindpakket-disclosure-request/1"
DISCLOSURE = "kindpakket-disclosure/1"
CHECKED = "kindpakket-disclosure-checked/1"


class DisclosureError(ValueError):
    """A file of a disclosure cannot be used, or does not belong to the others."""


def sealed(members: Mapping[str, Any]) -> dict[str, Any]:
    """A document with the hash of its members, as `sha256`."""
    return {**members, "sha256": _hash(members)}


def read_document(content: bytes, format_: str, source: str = "the file") -> dict[str, Any]:
    """Read a document, and check its hash.

    Args:
        content: the bytes of the file.
        format_: what it must be: `REQUEST`, `DISCLOSURE` or `CHECKED`.
        source: the name of the file.

    Raises:
        DisclosureError: it is something else, or was changed.
    """
    try:
        document = json.loads(content)
    except ValueError as error:
        raise DisclosureError(f"{source} is not JSON: {error}") from None
    found = document.get("format") if isinstance(document, dict) else None
    if found != format_:
        raise DisclosureError(f"{source} is {found or 'of no known format'}: it must be {format_}")
    members = {name: member for name, member in document.items() if name != "sha256"}
    if document.get("sha256") != _hash(members):
        raise DisclosureError(f"{source} was changed: its content does not have the hash that it names")
    return dict(document)


def _hash(members: Mapping[str, Any]) -> str:
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
