"""Searches blocks for personal data, of which they must contain none."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from fabric_gateway.blocks import Block

MIN_LENGTH = 5
"""The least length of a value, in characters: shorter ones occur in blocks by chance."""
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_HEX_RUN = re.compile(rb"[0-9a-f]{32,}")
_HEX_DIGEST = re.compile(rb"(?=([0-9a-f]{64}))")
_BASE64_DIGEST = re.compile(rb"(?=([A-Za-z0-9+/]{43}=))")


@dataclass(frozen=True, slots=True)
class Trace:
    """A personal value found in a block.

    Attributes:
        block_number: the block.
        form: how it was found: `text`, or `SHA-256` without a salt.
        value: the value.
    """

    block_number: int
    form: str
    value: str


class PersonalDataScan:
    """Searches everything in blocks for values: arguments, keys, results, events, certificates.

    A value is found as UTF-8 text, ignoring case, and as its unsalted SHA-256: in bytes, hexadecimal and
    base64. Digits that are merely part of an id, 32 hexadecimal characters or more, are not a match.
    """

    def __init__(self, values: Iterable[str]) -> None:
        """Search for these values.

        Raises:
            ValueError: a value has fewer than `MIN_LENGTH` characters.
        """
        self.values = tuple(dict.fromkeys(value.strip() for value in values))
        for value in self.values:
            if len(value) < MIN_LENGTH:
                raise ValueError(
                    f"{value!r} is too short to search for: give at least {MIN_LENGTH} characters"
                )
        self._texts = [(value.casefold().encode(), value) for value in self.values]
        digests = {value: hashlib.sha256(value.encode()).digest() for value in self.values}
        self._digests = {digest: value for value, digest in digests.items()}
        self._encoded = {text: value for value, digest in digests.items() for text in _encodings(digest)}

    def traces(self, block: Block) -> Iterator[Trace]:
        """The values that a block contains; each value and form once."""
        if not self.values:
            return
        raw = b"".join(transaction.envelope for transaction in block.transactions)
        raw += b"".join(block.metadata)
        raw += b"".join(_decoded_certificates(raw))
        folded = raw.decode(errors="surrogateescape").casefold().encode(errors="surrogateescape")
        for text, value in self._texts:
            if text in folded and not (value.isdigit() and _within_ids_only(text, folded)):
                yield Trace(block.number, "text", value)
        hashed = {value for digest, value in self._digests.items() if digest in raw}
        for run, text in ((_HEX_DIGEST, folded), (_BASE64_DIGEST, raw)):
            hashed.update(self._encoded[match] for match in run.findall(text) if match in self._encoded)
        yield from (Trace(block.number, "SHA-256", value) for value in sorted(hashed))


def _encodings(digest: bytes) -> tuple[bytes, bytes]:
    """A digest in hexadecimal and in base64."""
    return digest.hex().encode(), base64.b64encode(digest)


def _decoded_certificates(raw: bytes) -> Iterator[bytes]:
    """Certificates in DER, because PEM's base64 hides the names in them."""
    for body in set(_CERTIFICATE.findall(raw)):
        with suppress(binascii.Error):
            yield base64.b64decode(body)


def _within_ids_only(digits: bytes, folded: bytes) -> bool:
    return digits not in _HEX_RUN.sub(b"", folded)
