"""The keys that decrypt backups: age identities, in files that a passphrase can protect.

A backup is encrypted with the public key alone, so the machine that makes backups cannot decrypt them.
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
    """Create a key.

    Args:
        path: the file for it; it must not exist. The standard tool `age -d -i` can use it as well.
        passphrase: encrypts the file; None leaves it unencrypted.

    Returns:
        The public key, as `age1…`.

    Raises:
        ArchiveError: the file exists.
    """
    if path.exists():
        raise ArchiveError(f"{path} already exists: name a new file; older backups may need that key")
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
        passphrase: called for the passphrase if the file is encrypted.

    Raises:
        ArchiveError: it cannot be read, the passphrase is wrong, or it contains no key.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArchiveError(
            f"the key file {path} cannot be read ({error.strerror}): name the file that `backup-key` made"
        ) from error
    if content.startswith(_LOCKED):
        try:
            content = pyrage.passphrase.decrypt(content, passphrase())
        except (pyrage.DecryptError, OSError) as error:
            raise ArchiveError(f"the passphrase for {path} is wrong ({error}): try again") from error
    lines = content.decode("utf-8", "replace").splitlines()
    found = [line.strip() for line in lines if line.strip().startswith(_KEY)]
    if not found:
        raise ArchiveError(f"{path} does not contain an age key: name the file that `backup-key` made")
    try:
        return [pyrage.x25519.Identity.from_str(line) for line in found]
    except pyrage.IdentityError as error:
        raise ArchiveError(
            f"{path} contains an invalid key ({error}): name the file that `backup-key` made"
        ) from error
