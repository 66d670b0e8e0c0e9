"""Looks for personal values in blocks, where none may be."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from kindpakket.fabric.block import Block

SHORTEST = 5
"""The least length, in characters, of a value that is not found by accident."""
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_HEX_RUN = re.compile(rb"[0-9a-f]{32,}")


@dataclass(frozen=True, slots=True)
class Trace:
    """A personal value that stands in a block.

    Attributes:
        block_number: the block.
        form: how it stands there: `text`, or `SHA-256` without a salt.
        value: the value.
    """

    block_number: int
    form: str
    value: str


class PersonalScan:
    """Looks for values in everything that blocks hold: arguments, keys, results, events, certificates.

    A value is found as text in UTF-8, whatever its case, and as its unsalted SHA-256: as bytes, in
    hexadecimal and in base64. A value of digits only that happens to stand within an id, 32 hexadecimal
    characters or more, is not one.
    """

    def __init__(self, values: Iterable[str]) -> None:
        """Look for these values.

        Raises:
            ValueError: one has fewer than five characters, and would be found by accident.
        """
        self.values = tuple(dict.fromkeys(value.strip() for value in values))
        for value in self.values:
            if len(value) < SHORTEST:
                raise ValueError(f"{value!r} is too short to look for: give {SHORTEST} characters or more")
        self._texts = [(value.casefold().encode(), value) for value in self.values]
        self._hashes = [(form, value) for value in self.values for form in _hashed(value)]

    def traces(self, block: Block) -> Iterator[Trace]:
        """What of the values stands in a block; each value and form once."""
        raw = b"".join(transaction.envelope for transaction in block.transactions)
        raw += b"".join(block.metadata)
        raw += b"".join(_decoded_certificates(raw))
        folded = raw.decode(errors="surrogateescape").casefold().encode(errors="surrogateescape")
        for text, value in self._texts:
            if text in folded and not (value.isdigit() and _within_ids_only(text, folded)):
                yield Trace(block.number, "text", value)
        for form, value in self._hashes:
            if form in raw:
                yield Trace(block.number, "SHA-256", value)


def _hashed(value: str) -> tuple[bytes, ...]:
    digest = hashlib.sha256(value.encode()).digest()
    return digest, digest.hex().encode(), base64.b64encode(digest)


def _decoded_certificates(raw: bytes) -> Iterator[bytes]:
    """Certificates in DER: in PEM the names in them cannot be read."""
    for body in set(_CERTIFICATE.findall(raw)):
        with suppress(binascii.Error):
            yield base64.b64decode(body)


def _within_ids_only(digits: bytes, folded: bytes) -> bool:
    return digits not in _HEX_RUN.sub(b"", folded)
