"""Certificates and private keys as PEM, and what is wrong when they cannot be read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from fabric_gateway import _arguments as check
from fabric_gateway.errors import IdentityError
from fabric_gateway.identity._certificates import load_certificate

Password: TypeAlias = str | bytes | None
_BEGIN = b"-----BEGIN "


def read_certificate(pem: object, what: str = "the certificate") -> x509.Certificate:
    """An X.509 certificate in PEM.

    Raises:
        IdentityError: it is not one; the message says what it seems to be instead.
    """
    content = _content(pem, what)
    if b"PRIVATE KEY-----" in content and b"BEGIN CERTIFICATE" not in content:
        raise IdentityError(f"{what} is a private key: pass the certificate first, then the key")
    try:
        return load_certificate(content)
    except ValueError as error:
        raise IdentityError(f"{what} cannot be read as X.509 in PEM: {error}") from error


def read_key(pem: object, password: Password = None, what: str = "the private key") -> object:
    """A private key in PEM, of whatever kind.

    Args:
        pem: the key.
        password: what it is encrypted with; None if it is not.
        what: what it is called in messages.

    Raises:
        IdentityError: it is not one, or the password is missing or wrong.
    """
    content = _content(pem, what)
    if b"PRIVATE KEY-----" not in content and b"BEGIN CERTIFICATE" in content:
        raise IdentityError(f"{what} is a certificate: pass the certificate first, then the key")
    secret = None if password is None else check.octets("password", password)
    try:
        return serialization.load_pem_private_key(content, password=secret or None)
    except TypeError as error:
        raise IdentityError(
            f"{what} is encrypted: give its password"
            if not secret
            else f"{what} is not encrypted: leave out the password"
        ) from error
    except ValueError as error:
        if secret:
            raise IdentityError(f"{what} cannot be decrypted: is the password right? ({error})") from error
        raise IdentityError(f"{what} cannot be read as PEM: {error}") from error


def read_file(path: str | os.PathLike[str], what: str) -> bytes:
    """The content of a file. Raises `IdentityError` if it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise IdentityError(f"{what} {os.fspath(path)} cannot be read: {error.strerror}") from error
    except TypeError as error:
        raise IdentityError(f"{what} is {check.shown(path)}: give the path of its file") from error


def _content(pem: object, what: str) -> bytes:
    if isinstance(pem, str):
        content = pem.encode(errors="replace")
    elif isinstance(pem, bytes | bytearray | memoryview):
        content = bytes(pem)
    elif isinstance(pem, os.PathLike):
        raise IdentityError(_is_path(what, os.fspath(pem)))
    else:
        raise IdentityError(f"{what} is {check.shown(pem)}: give PEM, as text or bytes")
    if not content.strip():
        raise IdentityError(f"{what} is empty: give PEM")
    if _BEGIN not in content:
        if isinstance(pem, str) and _exists(pem):
            raise IdentityError(_is_path(what, pem))
        if content[:1] == b"\x30":
            raise IdentityError(f"{what} is DER: convert it to PEM, which begins with -----BEGIN")
        raise IdentityError(
            f"{what} is not PEM, which begins with -----BEGIN: give the content of its file, or its path to "
            "Identity.from_files"
        )
    return content


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # too long, or with a zero byte
        return False


def _is_path(what: str, path: object) -> str:
    return f"{what} is the path {path}: Identity.from_files reads files, Identity itself takes their content"
