"""Ids, salts and self-block codes in the ledger's format."""

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
    """A random self-block code: 32 hexadecimal characters. Keep it apart from the holder's key or booklet."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether a text is an id: 32 lower-case hexadecimal characters."""
    return _ID.fullmatch(text) is not None
