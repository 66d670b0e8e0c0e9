"""Encrypts the register's fields one by one, and names persons and cases without telling who they are.

A sealed field is a byte of layout, the number of its data key in four bytes, big-endian, a nonce of twelve
bytes, and AES-256-GCM's ciphertext with its tag. The associated data are the table and column, the row and
the number of the key: what is moved to another field or row does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kindpakket.backoffice.register.errors import RegisterError

KEY_BYTES = 32
_LAYOUT = b"\x01"
_NUMBER = struct.Struct(">I")
_NONCE = 12
_HEAD = len(_LAYOUT) + _NUMBER.size


class Vault:
    """Seals fields with the current data key, and opens them with the one that sealed them.

    A data key seals far fewer than the 2**32 fields for which random nonces of 96 bits are safe
    (NIST SP 800-38D, 8.3).
    """

    def __init__(self, load: Callable[[int], bytes], current: int) -> None:
        """Use a data key.

        Args:
            load: gives a data key by its number, if it has not been learnt.
            current: the number of the one that seals.
        """
        self._load = load
        self._ciphers: dict[int, AESGCM] = {}
        self.current = current

    def learn(self, number: int, data_key: bytes) -> None:
        """Know a data key from now on."""
        self._ciphers[number] = AESGCM(data_key)

    def knows(self, number: int) -> bool:
        """Whether a data key is known."""
        return number in self._ciphers

    def seal(self, field: str, row: str, text: str) -> bytes:
        """Encrypt a field, `table.column`, of a row."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._cipher(self.current).encrypt(nonce, text.encode(), _bound_to(field, row, self.current))
        return _LAYOUT + _NUMBER.pack(self.current) + nonce + sealed

    def open(self, field: str, row: str, sealed: bytes) -> str:
        """Decrypt a field of a row.

        Raises:
            RegisterError: it was changed, or moved here from elsewhere.
        """
        number = number_of(sealed)
        nonce, rest = sealed[_HEAD : _HEAD + _NONCE], sealed[_HEAD + _NONCE :]
        try:
            return self._cipher(number).decrypt(nonce, rest, _bound_to(field, row, number)).decode()
        except (InvalidTag, ValueError):
            raise RegisterError(
                f"{field} of row {row} does not open: it was changed outside this program; restore a backup"
            ) from None

    def _cipher(self, number: int) -> AESGCM:
        if number not in self._ciphers:
            self._ciphers[number] = AESGCM(self._load(number))
        return self._ciphers[number]


def number_of(sealed: bytes) -> int:
    """The number of the data key that sealed a field.

    Raises:
        RegisterError: the bytes are not a sealed field.
    """
    if len(sealed) < _HEAD + _NONCE or sealed[:1] != _LAYOUT:
        raise RegisterError("a field of the register is not encrypted as it should be: restore a backup")
    (number,) = _NUMBER.unpack_from(sealed, len(_LAYOUT))
    return int(number)


class References:
    """Names for persons, cases and households that find them again, and tell nothing without the secret.

    HMAC-SHA256 with keys that HKDF derives from the secret of the entitlement ids, cut to 32 hexadecimal
    characters. The secret never changes, so a reference stays valid when the keys change: the log of look-ups
    can be told to a person also then, and after the person was erased.
    """

    def __init__(self, secret: bytes) -> None:
        """Derive the keys from the register's secret."""
        self._person = _derived(secret, b"person")
        self._case = _derived(secret, b"case")
        self._household = _derived(secret, b"household")

    def person(self, bsn: str) -> str:
        """The reference of a person."""
        return _reference(self._person, bsn)

    def case(self, number: str) -> str:
        """The reference of a case."""
        return _reference(self._case, number)

    def household(self, name: str) -> str | None:
        """The reference of a household; None if it has no name."""
        return _reference(self._household, name) if name else None


def _derived(secret: bytes, purpose: bytes) -> bytes:
    info = b"kindpakket register reference 1\0" + purpose
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


def _reference(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]


def _bound_to(field: str, row: str, number: int) -> bytes:
    parts = [b"kindpakket register 1", field.encode(), row.encode()]
    return b"".join(_NUMBER.pack(len(part)) + part for part in parts) + _NUMBER.pack(number)
