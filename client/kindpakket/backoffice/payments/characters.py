"""Text in the characters that every bank of SEPA passes on.

The set is the one of the rulebooks of the European Payments Council (EPC): a-z A-Z 0-9 / - ? : ( ) . , ' +
and space. What has a usual substitute gets it: letters lose their accents, other scripts are transliterated,
and the EPC's best practices (EPC217-08) write `+` for `&`. Everything else becomes a full stop, as they
recommend.
"""

from __future__ import annotations

import re
import unicodedata

from kindpakket.extras import extra

with extra("backoffice"):
    from anyascii import anyascii

_PERMITTED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
_SUBSTITUTES = str.maketrans(
    {
        "&": "+",
        "_": "-",
        "~": "-",
        ";": ",",
        "[": "(",
        "{": "(",
        "<": "(",
        "]": ")",
        "}": ")",
        ">": ")",
        "|": "/",
        "\\": "/",
        '"': "'",
        "`": "'",
        "@": "(at)",
    }
)


def sepa_text(text: str) -> str:
    """A text in the SEPA character set; spaces are single, and no slash is first, last or beside another.

    The same text gives the same result, and a result gives itself. `Café 't Hoekje & Zn.` becomes
    `Cafe 't Hoekje + Zn.`.

    Returns:
        The text; without a letter or a digit in it, the empty string.
    """
    composed = unicodedata.normalize("NFC", text)
    written = "".join(_written(character) for character in composed).translate(_SUBSTITUTES)
    permitted = "".join(character if character in _PERMITTED else "." for character in written)
    result = " ".join(re.sub("/+", "/", permitted).split()).strip("/ ")
    return result if any(character.isalnum() for character in result) else ""


def is_sepa_text(text: str) -> bool:
    """Whether a text can be written as it is."""
    return text != "" and sepa_text(text) == text


def _written(character: str) -> str:
    if character.isascii():
        return " " if character.isspace() or unicodedata.category(character) == "Cc" else character
    if character.isspace():
        return " "
    # The library spells pictures out, as `:smile:`, which no bank's clerk would recognise.
    ascii_text: str = anyascii(character)
    return "" if ascii_text.startswith(":") and len(ascii_text) > 1 else ascii_text
