"""Identities in the wallets of Fabric's other SDKs.

`fabric-network` 2 for Node, `fabric-gateway-java` 2 and the package `gateway` of `fabric-sdk-go` keep an
identity as `LABEL.id`, JSON of version 1. `fabric-network` 1.4 keeps a folder `LABEL` with a file of the same
name, and keys as `HASH-priv`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fabric_gateway.errors import IdentityError

_SUFFIX = ".id"
_KINDS = ("X.509", "HSM-X.509")


@dataclass(frozen=True, slots=True)
class WalletEntry:
    """An identity as a wallet keeps it; `key` None: it is in a hardware module."""

    mspid: str
    certificate: str
    key: str | None


def read_wallet(folder: str | os.PathLike[str], label: str) -> WalletEntry:
    """Read an identity.

    Raises:
        IdentityError: there is none of this label, or it cannot be used; the message names the file.
    """
    root = Path(folder)
    if not root.is_dir():
        raise IdentityError(f"there is no wallet {root}: give the folder that holds the identities")
    file = root / f"{label}{_SUFFIX}"
    if file.is_file():
        return _second(file)
    file = root / label / label
    if file.is_file():
        return _first(file)
    raise IdentityError(f"there is no identity {label!r} in the wallet {root}; it has {_labels(root)}")


def _labels(root: Path) -> str:
    found = [path.stem for path in root.iterdir() if path.suffix == _SUFFIX]
    found += [path.name for path in root.iterdir() if (path / path.name).is_file()]
    return ", ".join(sorted(found)) or "none"


def _second(file: Path) -> WalletEntry:
    content = _json(file)
    kind, version = content.get("type"), content.get("version")
    if kind not in _KINDS or version != 1:
        raise IdentityError(
            f"{file}: is of type {kind!r} and version {version!r}: only X.509 and HSM-X.509 of version 1 can "
            "be read"
        )
    credentials = content.get("credentials")
    if not isinstance(credentials, dict):
        raise IdentityError(f"{file}: credentials is missing")
    key = _text(file, credentials, "privateKey") if kind == "X.509" else None
    return WalletEntry(_text(file, content, "mspId"), _text(file, credentials, "certificate"), key)


def _first(file: Path) -> WalletEntry:
    content = _json(file)
    enrolment = content.get("enrollment")
    identity = enrolment.get("identity") if isinstance(enrolment, dict) else None
    if not isinstance(enrolment, dict) or not isinstance(identity, dict):
        raise IdentityError(f"{file}: enrollment.identity is missing")
    key = file.parent / f"{_text(file, enrolment, 'signingIdentity')}-priv"
    found = _read(key) if key.is_file() else None
    return WalletEntry(_text(file, content, "mspid"), _text(file, identity, "certificate"), found)


def _json(file: Path) -> Mapping[str, object]:
    try:
        content = json.loads(_read(file))
    except ValueError as error:
        raise IdentityError(f"{file}: is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise IdentityError(f"{file}: is not a JSON object")
    return content


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise IdentityError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise IdentityError(f"{file}: is not text: {error.reason}") from error


def _text(file: Path, members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise IdentityError(f"{file}: {name} is missing")
    return value
