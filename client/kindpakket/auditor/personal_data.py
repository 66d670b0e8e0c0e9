"""Looks for personal values in blocks, where none may be."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from kindpakket.fabric.blocks import Block

MIN_LENGTH = 5
"""The least length, in characters, of a value that is not found by accident."""
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_HEX_RUN = re.compile(rb"[0-9a-f]{32,}")
_HEX_DIGEST = re.compile(rb"(?=([0-9a-f]{64}))")
_BASE64_DIGEST = re.compile(rb"(?=([A-Za-z0-9+/]{43}=))")


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


class PersonalDataScan:
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
            if len(value) < MIN_LENGTH:
                raise ValueError(f"{value!r} is too short to look for: give {MIN_LENGTH} characters or more")
        self._texts = [(value.casefold().encode(), value) for value in self.values]
        digests = {value: hashlib.sha256(value.encode()).digest() for value in self.values}
        self._digests = {digest: value for value, digest in digests.items()}
        self._written = {form: value for value, digest in digests.items() for form in _written(digest)}

    def traces(self, block: Block) -> Iterator[Trace]:
        """What of the values stands in a block; each value and form once."""
        raw = b"".join(transaction.envelope for transaction in block.transactions)
        raw += b"".join(block.metadata)
        raw += b"".join(_decoded_certificates(raw))
        folded = raw.decode(errors="surrogateescape").casefold().encode(errors="surrogateescape")
        for text, value in self._texts:
            if text in folded and not (value.isdigit() and _within_ids_only(text, folded)):
                yield Trace(block.number, "text", value)
        hashed = {value for digest, value in self._digests.items() if digest in raw}
        for run, text in ((_HEX_DIGEST, folded), (_BASE64_DIGEST, raw)):
            hashed.update(self._written[found] for found in run.findall(text) if found in self._written)
        yield from (Trace(block.number, "SHA-256", value) for value in sorted(hashed))


def _written(digest: bytes) -> tuple[bytes, bytes]:
    """A digest as people write it, in hexadecimal and in base64."""
    return digest.hex().encode(), base64.b64encode(digest)


def _decoded_certificates(raw: bytes) -> Iterator[bytes]:
    """Certificates in DER: in PEM the names in them cannot be read."""
    for body in set(_CERTIFICATE.findall(raw)):
        with suppress(binascii.Error):
            yield base64.b64decode(body)


def _within_ids_only(digits: bytes, folded: bytes) -> bool:
    return digits not in _HEX_RUN.sub(b"", folded)
