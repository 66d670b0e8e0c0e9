"""Ids, salts and digests as the ledger wants them."""

from __future__ import annotations

import re
import secrets

_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """A random id: 32 lower-case hexadecimal characters, 128 bits."""
    return secrets.token_hex(16)


def new_salt() -> str:
    """A random salt for a private record: 64 hexadecimal characters, 256 bits."""
    return secrets.token_hex(32)


def new_code() -> str:
    """A random self-block code, kept apart from the holder's key or booklet: 32 hexadecimal characters."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return _ID.fullmatch(text) is not None
