"""Elements of ASN.1 in DER, as Go's `encoding/asn1` reads them."""

from __future__ import annotations

INTEGER, BIT_STRING, OCTET_STRING, SEQUENCE = 0x02, 0x03, 0x04, 0x30


def element(tag: int, content: bytes) -> bytes:
    """An element."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(digits))) + digits + content


def split(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Content of the element that data begins with, and the bytes after it.

    Raises:
        ValueError: it does not begin with such an element.
    """
    if len(data) < 2 or data[0] != tag:
        raise ValueError("not the element that is expected")
    length, start = data[1], 2
    if length >= 0x80:
        count = length & 0x7F
        digits = data[2 : 2 + count]
        length, start = int.from_bytes(digits, "big"), 2 + count
        if not count or len(digits) < count or digits[0] == 0 or length < 0x80:
            raise ValueError("a length that is not DER")
    if start + length > len(data):
        raise ValueError("cut off")
    return data[start : start + length], data[start + length :]


def integer(content: bytes) -> int:
    """Value of an INTEGER's content.

    Raises:
        ValueError: it is not in the shortest form.
    """
    if not content or (len(content) > 1 and content[0] in (0, 0xFF) and content[0] >> 7 == content[1] >> 7):
        raise ValueError("an integer that is not DER")
    return int.from_bytes(content, "big", signed=True)


def ends_at_a_byte(signed: bytes, signature: bytes) -> bool:
    """The bit string with the signature, which ends a certificate or a revocation list, has no unused bits.

    Go shifts a signature that has some, and then no key fits it; `cryptography` overlooks them.
    """
    return signed[-len(signature) - 1] == 0
