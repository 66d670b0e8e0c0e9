"""Certificates and keys as profiles give them: a path, PEM, or PEM in Base64."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from fabric_gateway import ProfileError

Material: TypeAlias = bytes | str | os.PathLike[str]
"""PEM as bytes or text, or the path of its file."""

_BEGIN = "-----BEGIN"


def material(where: str, given: Any) -> Material | None:
    """What a member of a profile gives: `{"path": …}`, `{"pem": …}`, a path or PEM; None if it is not there.

    `pem` is PEM, a list of PEM, or PEM in Base64, as hfc's tutorial has it for keys.

    Raises:
        ProfileError: it is none of these; the message names the member.
    """
    if not given:
        return None
    if isinstance(given, Mapping):
        if given.get("pem"):
            return _inline(f"{where}.pem", given["pem"])
        if given.get("path"):
            return material(f"{where}.path", given["path"])
        raise ProfileError(f"{where} has neither path nor pem: give one of them")
    if isinstance(given, bytes | str | os.PathLike):
        return given
    raise ProfileError(f"{where} is {type(given).__name__}: give a path, or a mapping with path or pem")


def read(where: str, given: Material) -> bytes:
    """The content of what `material` found.

    Raises:
        OSError: the file cannot be read.
        ProfileError: the path names no file, but a folder.
    """
    if isinstance(given, bytes):
        return given
    if isinstance(given, str) and _BEGIN in given:
        return given.encode()
    try:
        return Path(given).read_bytes()
    except IsADirectoryError as error:
        raise ProfileError(f"{where} is {os.fspath(given)!r}, a folder: name the file in it") from error


def _inline(where: str, given: Any) -> bytes:
    texts = given if isinstance(given, list) else [given]
    return b"".join(_pem(where, text) for text in texts)


def _pem(where: str, text: Any) -> bytes:
    plain = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
    if _BEGIN not in plain:
        try:
            plain = base64.b64decode(plain, validate=True).decode("ascii", "replace")
        except (binascii.Error, ValueError):
            plain = ""
    if _BEGIN not in plain:
        raise ProfileError(f"{where} is neither PEM nor PEM in Base64")
    return plain.rstrip("\n").encode() + b"\n"
