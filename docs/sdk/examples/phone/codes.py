"""What goes from one screen to another camera: a line as QR codes, and back."""

from collections.abc import Iterable

import segno

READABLE = 600  # characters in one code that a phone's camera reads with ease


# --8<-- [start:codes]
def codes_of(line: str) -> list[segno.QRCode]:
    """The QR codes of a line, each with its number, to be shown in turn."""
    parts = [line[begin : begin + READABLE] for begin in range(0, len(line), READABLE)]
    return [
        segno.make(f"{number}/{len(parts)}:{part}", micro=False) for number, part in enumerate(parts, start=1)
    ]


def line_of(texts: Iterable[str]) -> str | None:
    """The line, once all of its codes were read, in any order; before that None."""
    parts: dict[int, str] = {}
    wanted = 0
    for text in texts:
        place, _, part = text.partition(":")
        number, _, count = place.partition("/")
        parts[int(number)], wanted = part, int(count)
    if not wanted or len(parts) < wanted:
        return None
    return "".join(parts[number] for number in sorted(parts))


# --8<-- [end:codes]
