"""Checks of what programs pass, so that a mistake is named where it enters, and not later by a peer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import TypeVar

T = TypeVar("T")

_MOST = 2**64 - 1
_HEX = re.compile(r"[0-9a-f]{64}")
_SHOWN = 60


def shown(value: object) -> str:
    """A value for a message, cut short, with its type. Bytes are not shown: they may be a key."""
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    text = repr(value)
    if "-----BEGIN" in text:
        return f"PEM ({type(value).__name__})"
    return f"{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'} ({type(value).__name__})"


def name(what: str, value: object) -> str:
    """A name: text that is not empty, which UTF-8 can hold.

    Raises:
        TypeError: it is not text.
        ValueError: it is empty, or cannot be sent.
    """
    if not isinstance(value, str):
        raise TypeError(f"{what} is {shown(value)}: give text")
    if not value.strip():
        raise ValueError(f"{what} is empty")
    _encodable(what, value)
    return value


def octets(what: str, value: object) -> bytes:
    """What is sent as bytes: bytes, or text as UTF-8. Raises as `name` does, without the value."""
    if isinstance(value, str):
        return _encodable(what, value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    hint = ", such as str(…) of it" if isinstance(value, int | float) else ""
    raise TypeError(f"{what} is of type {type(value).__name__}: give text or bytes{hint}")


def only_bytes(what: str, value: object, hint: str = "") -> bytes:
    """Bytes, and nothing else. Raises `TypeError`."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise TypeError(f"{what} is {shown(value)}: give bytes{hint}")


def names(what: str, value: object) -> tuple[str, ...]:
    """A list of names. Raises `TypeError` if it is one text, or not a list; and as `name` does."""
    if value == ():  # the default of most calls
        return ()
    if isinstance(value, str):
        raise TypeError(f"{what} is the text {value!r}: give a list")
    if not isinstance(value, Iterable):
        raise TypeError(f"{what} is {shown(value)}: give a list")
    return tuple(name(f"{what}[{place}]", each) for place, each in enumerate(value))


def seconds(what: str, value: object) -> float:
    """A number of seconds above 0.

    Raises:
        TypeError: it is not a number.
        ValueError: it is not above 0.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{what} is {shown(value)}: give a number of seconds")
    if not (value > 0 and isfinite(value)):
        raise ValueError(f"{what} is {value!r}: give a number of seconds above 0")
    return value


def block(what: str, value: object) -> int:
    """The number of a block.

    Raises:
        TypeError: it is not a whole number.
        ValueError: there can be no such block.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{what} is {shown(value)}: give the number of a block")
    if value < 0:
        raise ValueError(f"{what} is {value}: the first block is number 0")
    if value >= _MOST:
        raise ValueError(f"{what} is {value}: block numbers end below 2^64 - 1")
    return value


def transaction_id(value: object) -> str:
    """The id of a transaction, 64 hexadecimal characters.

    Raises:
        TypeError: it is not text.
        ValueError: it cannot be one.
    """
    if not isinstance(value, str):
        raise TypeError(f"transaction_id is {shown(value)}: give text")
    if not _HEX.fullmatch(value):
        raise ValueError(
            f"transaction_id is {shown(value)}: the id of a transaction has 64 hexadecimal characters, in "
            "lower case"
        )
    return value


def instance(what: str, value: T, kinds: type | tuple[type, ...], words: str) -> T:
    """A value of a kind. Raises `TypeError`."""
    if not isinstance(value, kinds):
        raise TypeError(f"{what} is {shown(value)}: give {words}")
    return value


def mapping(what: str, value: object) -> Mapping[str, object]:
    """A mapping whose keys are names. Raises `TypeError`; and as `name` does."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{what} is {shown(value)}: give a mapping from names to values")
    return {name(f"a name in {what}", key): content for key, content in value.items()}


def known(what: str, given: Iterable[str], allowed: Sequence[str]) -> None:
    """Refuse names that do not exist. Raises `TypeError`, as Python does for unknown arguments."""
    for each in given:
        if each not in allowed:
            raise TypeError(f"{what} has no option {each!r}: it has {', '.join(sorted(allowed))}")


def _encodable(what: str, value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{what} holds a character that UTF-8 cannot hold, at place {error.start}: a text that was read "
            "in another encoding, or cut?"
        ) from None
