"""The keys that read backups: age identities, kept in files that a passphrase can lock.

A backup is written with the public key alone, so the machine that makes backups cannot read them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyrage

from kindpakket_network.backups.archive import ArchiveError
from kindpakket_network.programs.home import write

_LOCKED = b"age-encryption.org/"
_KEY = "AGE-SECRET-KEY-"


def create(path: Path, passphrase: str | None) -> str:
    """Make a key.

    Args:
        path: the file for it; it must not exist. The standard tool `age -d -i` reads it as well.
        passphrase: what locks the file; None leaves it open to whoever can read it.

    Returns:
        The public key, as `age1…`.

    Raises:
        ArchiveError: there is such a file.
    """
    if path.exists():
        raise ArchiveError(f"{path} exists: a key is not replaced, because old backups need it")
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    made = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"# created: {made}\n# public key: {public}\n{identity}\n".encode()
    write(path, pyrage.passphrase.encrypt(text, passphrase) if passphrase else text, mode=0o600)
    return public


def load(path: Path, passphrase: Callable[[], str]) -> list[Any]:
    """The keys in a file.

    Args:
        path: the file.
        passphrase: asked for what locks the file, if something does.

    Raises:
        ArchiveError: it cannot be read, the passphrase is wrong, or it holds no key.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArchiveError(f"the key file {path} cannot be read: {error.strerror}") from error
    if content.startswith(_LOCKED):
        try:
            content = pyrage.passphrase.decrypt(content, passphrase())
        except (pyrage.DecryptError, OSError) as error:
            raise ArchiveError(f"the passphrase does not open {path}: {error}") from error
    lines = content.decode("utf-8", "replace").splitlines()
    found = [line.strip() for line in lines if line.strip().startswith(_KEY)]
    if not found:
        raise ArchiveError(f"{path} holds no key of age: name the file that `backup-key` made")
    try:
        return [pyrage.x25519.Identity.from_str(line) for line in found]
    except pyrage.IdentityError as error:
        raise ArchiveError(f"{path} holds a key that is none: {error}") from error
