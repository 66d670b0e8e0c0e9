"""The encoding of a text file: known from its bytes, or guessed, and then said to be a guess."""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO

from kindpakket.backoffice.intake.table import TableError
from kindpakket.extras import extra

_CHUNK = 1 << 20
_SAMPLE = 1 << 18
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What programs in Western Europe have written: Windows, Unix, DOS and the Mac of old.
_WESTERN = ["cp1252", "iso8859_15", "cp850", "mac_roman"]
_LETTERS = "áàâäãåçćčéèêëęíìîïıłñńóòôöõøőşšúùûüýÿžźż"
_USUAL = frozenset(_LETTERS + _LETTERS.upper() + "ß€\u2019\u2013")
_MOST_SHOWN = 12
_NOT_OF_FILES = ("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined")


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding and how it is known.

    Attributes:
        name: Python's name.
        known_from: how it is known, as a phrase.
        doubtful_line: of a guess, the first line that is not UTF-8; 0: the encoding is known.
    """

    name: str
    known_from: str
    doubtful_line: int = 0


def encoding_of(file: BinaryIO, given: str = "") -> Encoding:
    """The encoding of a file; its position does not matter, and is the beginning afterwards.

    Args:
        file: the file, which can be read again.
        given: the name of an encoding that overrules what would be found.

    Raises:
        TableError: the given encoding is unknown, or the file is not in it.
        MissingExtra: the encoding has to be guessed, and the packages for that are not installed.
    """
    try:
        return _given(file, given) if given else _found(file)
    finally:
        file.seek(0)


def first_undecodable(file: BinaryIO, name: str) -> int | None:
    """The line with the first byte that is not in an encoding; None: the whole file is in it."""
    decoder = codecs.getincrementaldecoder(name)()
    file.seek(0)
    line = 1
    while True:
        chunk = file.read(_CHUNK)
        try:
            line += decoder.decode(chunk, final=not chunk).count("\n")
        except UnicodeDecodeError as error:
            return line + error.object[: error.start].decode(name, "replace").count("\n")
        if not chunk:
            return None


def _given(file: BinaryIO, given: str) -> Encoding:
    try:
        name = codecs.lookup(given).name
        if name in _NOT_OF_FILES:
            raise LookupError(name)
        "".encode(name)
    except LookupError:
        raise TableError(
            1, f"{given!r} is not an encoding: give one such as utf-8, utf-16 or windows-1252"
        ) from None
    file.seek(0)
    if name == "utf-8" and file.read(3) == codecs.BOM_UTF8:
        name = "utf-8-sig"
    line = first_undecodable(file, name)
    if line is not None:
        raise TableError(line, f"not {given}: give another encoding, or none")
    return Encoding(name, "as given")


def _found(file: BinaryIO) -> Encoding:
    file.seek(0)
    head = file.read(_CHUNK)
    for mark, name in _MARKS:
        if head.startswith(mark):
            line = first_undecodable(file, name)
            if line is not None:
                raise TableError(
                    line, f"not {_shown(name)}, though the file begins as {_shown(name)}: export it again"
                )
            return Encoding(name, "certain: the file begins with a byte order mark")
    wide = _without_mark(head)
    if wide:
        if first_undecodable(file, wide) is None:
            return Encoding(wide, "guessed: every second byte is zero", 1)
        raise TableError(1, "neither text nor a spreadsheet: export the file as CSV, XLSX or ODS")
    line = first_undecodable(file, "utf-8")
    if line is not None:
        return _guessed(file, line)
    file.seek(0)
    while chunk := file.read(_CHUNK):
        if not chunk.isascii():
            return Encoding("utf-8", "certain: every byte of the file is valid UTF-8")
    return Encoding("utf-8", "certain: the file is plain ASCII")


def _without_mark(head: bytes) -> str:
    """UTF-16 without a byte order mark, which shows in the zeros of Western letters."""
    if head.count(0) * 5 < len(head):
        return ""
    odd, even = head[1::2].count(0), head[0::2].count(0)
    return "utf-16-le" if odd >= even else "utf-16-be"


def _guessed(file: BinaryIO, doubtful_line: int) -> Encoding:
    """The best guess for the lines with letters beyond ASCII, with what those letters would be."""
    with extra("backoffice"):
        from charset_normalizer import from_bytes

    file.seek(0)
    sample = bytearray()
    while len(sample) < _SAMPLE and (lines := file.readlines(_CHUNK)):
        for line in lines:
            if not line.isascii():
                sample += line[:_CHUNK]
    content = bytes(sample[:_SAMPLE])
    best = from_bytes(content, cp_isolation=_WESTERN, threshold=0.5).best()
    # Its measure says little about a few letters: among all candidates, the most usual letters decide.
    candidates = [name for name in ([best.encoding] if best else []) + _WESTERN if _decodes(file, name)]
    if not candidates:
        return Encoding("iso8859-1", "guessed: no encoding fits, and accents will be wrong", doubtful_line)
    name = max(candidates, key=lambda name: _usual(content, name))
    letters = Counter(letter for letter in content.decode(name, "replace") if not letter.isascii())
    shown = " ".join(letter for letter, _ in letters.most_common(_MOST_SHOWN) if letter.isprintable())
    sure = f"{100 * _usual(content, name) // 1000} % of the letters beyond ASCII are usual ones"
    return Encoding(
        name, f"guessed: {sure} ({shown}); give another encoding if these are wrong", doubtful_line
    )


def _decodes(file: BinaryIO, name: str) -> bool:
    return first_undecodable(file, name) is None


def _usual(content: bytes, name: str) -> int:
    """Of the letters beyond ASCII, how many of a thousand are usual in Western European names."""
    letters = [letter for letter in content.decode(name, "replace") if not letter.isascii()]
    return 1000 * sum(letter in _USUAL for letter in letters) // len(letters) if letters else 1000


def _shown(name: str) -> str:
    return name.removesuffix("-sig").upper()
