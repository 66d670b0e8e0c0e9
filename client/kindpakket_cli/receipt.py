"""What a till writes on its receipt: what was bought, and its own reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kindpakket_cli.contract import Wrong

if TYPE_CHECKING:
    from kindpakket.ledger.records import Line

_Command = TypeVar("_Command", bound=Callable[..., Any])


def line_option(what: str) -> Callable[[_Command], _Command]:
    """The option for what is bought, captured or returned, as the parameter `lines`."""
    return click.option(
        "--line",
        "lines",
        multiple=True,
        required=True,
        metavar="CATEGORY=CENTS",
        help=f"{what}; repeat for more.",
    )


def receipt_option(command: _Command) -> _Command:
    """The option for the till's own reference, as the parameter `receipt`: its hash, or None."""
    return click.option(
        "--receipt",
        metavar="TEXT",
        callback=_hashed,
        help="The till's own reference, such as the number of its receipt; only its hash is sent.",
    )(command)


def read_lines(texts: tuple[str, ...]) -> list[Line]:
    """The lines that the option gave.

    Raises:
        Wrong: one of them is not a category and an amount in cents.
    """
    lines: list[Line] = []
    for text in texts:
        category, _, cents = text.partition("=")
        if not (category and cents.isascii() and cents.isdigit()):
            raise Wrong(f"--line {text!r} is not CATEGORY=CENTS, such as books=1295")
        lines.append({"category": category, "cents": int(cents)})
    return lines


def _hashed(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    from kindpakket.ledger.receipts import receipt_hash

    if text is None:
        return None
    try:
        return receipt_hash(text)
    except ValueError as error:
        raise Wrong(f"--receipt: {error}") from None
