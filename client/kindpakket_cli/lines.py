"""Lines of a payment or refund, as the command line gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kindpakket_cli.contract import Wrong

if TYPE_CHECKING:
    from kindpakket.ledger.records import Line


def lines_of(texts: tuple[str, ...]) -> list[Line]:
    """The lines of `CATEGORY=CENTS`, each as `--line` was given."""
    lines: list[Line] = []
    for text in texts:
        category, _, cents = text.partition("=")
        if not (category and cents.isascii() and cents.isdigit()):
            raise Wrong(f"--line {text!r} is not CATEGORY=CENTS, such as books=1295")
        lines.append({"category": category, "cents": int(cents)})
    return lines
