"""What the ledger keeps of a file of children: a hash that only who has the file and its salt can check."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

_SALT = b"kindpakket salt of a file\0"


@dataclass(frozen=True, slots=True)
class FileCommitment:
    """What an allocation says about a file, and what it takes to check it.

    Attributes:
        salt: 32 hexadecimal characters, which stay with the municipality. An auditor who gets the file and
            the salt can check that the file is that of an allocation.
        digest: what is on the ledger, 64 hexadecimal characters: SHA-256 of `SALT:SHA256`, the second being
            the file's, in hexadecimal. In a shell: `printf %s:%s SALT SHA256 | sha256sum`.
    """

    salt: str
    digest: str


def commit_to(secret: bytes, file_sha256: str) -> FileCommitment:
    """Commit to a file. The same register gives the same salt to the same file, and another one to any other.

    Without a salt, somebody who knows all but the BSN of a file with a single child could find it by trying.

    Args:
        secret: the register's secret.
        file_sha256: of the file, in hexadecimal.
    """
    salt = hmac.new(secret, _SALT + bytes.fromhex(file_sha256), hashlib.sha256).hexdigest()[:32]
    return FileCommitment(salt, hashlib.sha256(f"{salt}:{file_sha256}".encode()).hexdigest())
