"""What goes from one screen to another camera: a line as QR codes, and back."""

from collections.abc import Iterable

import segno

READABLE = 600  # characters in one code that a phone's camera reads with ease


# --8<-- [start:codes]
def parts_of(line: str) -> list[str]:
    """A line in parts, each with its number and how many there are."""
    texts = [line[begin : begin + READABLE] for begin in range(0, max(len(line), 1), READABLE)]
    return [f"{number}/{len(texts)}:{text}" for number, text in enumerate(texts, start=1)]


def codes_of(line: str) -> list[segno.QRCode]:
    """The QR codes of a line, to be shown in turn."""
    return [segno.make_qr(part) for part in parts_of(line)]


def line_of(parts: Iterable[str]) -> str | None:
    """The line, once all of its parts were read, in any order and any number of times; before that None."""
    read: dict[int, str] = {}
    wanted = 1
    for part in parts:
        place, _, text = part.partition(":")
        number, _, count = place.partition("/")
        read[int(number)], wanted = text, int(count)
    return "".join(read[number] for number in sorted(read)) if len(read) == wanted else None


# --8<-- [end:codes]
