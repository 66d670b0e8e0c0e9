"""Codes that people can type: Crockford's base 32 in groups of five, of which the last checks the others.

The symbols leave out I, L, O and U, so that nothing is mistaken for 1 or 0; lower case, and I, L and O, are
read as they are meant. The check symbol is a sum over GF(32) with other weights for each place and another
start for each group and kind of code: one wrong symbol, two neighbours that changed places, and groups that
changed places are noticed for certain, and the message says in which group.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's symbols, for the values 0 to 31."""
GROUP = 5
"""Symbols in a group, the check symbol included."""
_BITS = 5
_DATA_BITS = _BITS * (GROUP - 1)
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_BETWEEN = str.maketrans("", "", " -\t\r\n\u00a0\u2011")  # what people write between groups
_FIELD = 0b100101  # x^5 + x^2 + 1, which is primitive over GF(2)


class Kind(IntEnum):
    """What a code is for; one kind is not accepted as another. The values start the check symbols."""

    PAGE = 0
    BLOCK = 10
    ACTIVATION = 20

    @property
    def words(self) -> str:
        """What messages call it."""
        return {0: "a booklet page", 10: "a block code", 20: "an activation code"}[self.value]


def encode(kind: Kind, data: bytes) -> str:
    """Write bytes as a code, such as `7ZK2M 0PQR3`.

    Args:
        kind: what it is for.
        data: 1 to 40 bytes.
    """
    groups = _groups_for(len(data))
    bits = int.from_bytes(data) << (groups * _DATA_BITS - len(data) * 8)
    texts = []
    for number in range(groups):
        part = bits >> (groups - 1 - number) * _DATA_BITS
        values = [part >> shift & 31 for shift in range(_DATA_BITS - _BITS, -1, -_BITS)]
        texts.append("".join(ALPHABET[value] for value in (*values, _check(kind, number, values))))
    return " ".join(texts)


def decode(kind: Kind, text: str, lengths: Collection[int]) -> bytes:
    """Read a code as somebody typed it.

    Args:
        kind: what it must be for.
        text: the code; spaces, hyphens and lower case do not matter.
        lengths: how many bytes it may have.

    Raises:
        ValueError: it is not such a code. The message says which group is wrong; it does not have the code.
    """
    symbols = text.translate(_BETWEEN).upper()
    by_symbols = {_groups_for(length) * GROUP: length for length in lengths}
    length = by_symbols.get(len(symbols))
    if length is None:
        allowed = " or ".join(str(count) for count in sorted(by_symbols))
        raise ValueError(f"{kind.words} has {allowed} symbols, not {len(symbols)}: type all of them")
    groups = len(symbols) // GROUP
    wrong = [number for number in range(groups) if not _is_whole(kind, number, symbols)]
    if len(wrong) == groups:
        raise ValueError(f"this is not the code of {kind.words}: look for the right code in the letter")
    if wrong:
        which = ", ".join(str(number + 1) for number in wrong)
        verb = "group {} is" if len(wrong) == 1 else "groups {} are"
        raise ValueError(f"{verb.format(which)} wrong, of {groups} in the code: compare with the paper")
    bits = 0
    for place, symbol in enumerate(symbols):
        if (place + 1) % GROUP:
            bits = bits << _BITS | _VALUES[symbol]
    spare = groups * _DATA_BITS - length * 8
    if bits & ((1 << spare) - 1):
        raise ValueError(f"this is not the code of {kind.words}: look for the right code in the letter")
    return (bits >> spare).to_bytes(length)


def _groups_for(length: int) -> int:
    return -(-length * 8 // _DATA_BITS)


def _is_whole(kind: Kind, number: int, symbols: str) -> bool:
    values = [_VALUES.get(symbol) for symbol in symbols[number * GROUP : (number + 1) * GROUP]]
    known = [value for value in values if value is not None]
    return len(known) == GROUP and _check(kind, number, known[:-1]) == known[-1]


def _check(kind: Kind, number: int, values: list[int]) -> int:
    check = (kind + number) % 32
    for value in values:
        check = (check ^ value) << 1
        if check & 32:
            check ^= _FIELD
    return check
