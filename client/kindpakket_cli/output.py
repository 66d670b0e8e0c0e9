"""How answers look: JSON for programs, tables and sentences for people."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click

from kindpakket_cli.contract import Refused, Wrong, in_json

_WIDTH = 140
"""Columns of a table that goes to a file or a pipe: room for three ids of 32 characters."""
# Characters around a cell and at a table's edges, and the least of a cell that may break its lines: of one
# that the caller names, and of any that is not a figure.
_PADDING = 3
_EDGES = 2
_FOLDED = 24
_FOLDED_TEXT = 8
_FIGURE = re.compile(r"-|-?€ [0-9,]+\.[0-9]{2}|-?[0-9][0-9.,:-]*( %)?|")
"""An amount, a number, a day or nothing: read as something else when it is broken or cut."""


class Cell(NamedTuple):
    """A table's cell in a colour."""

    text: str
    colour: str


def print_json(value: Any) -> None:
    """Print a JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def answer(as_json: bool, members: object, text: str) -> None:
    """Print what a command did: a sentence, or its members as JSON."""
    if as_json:
        print_json(members)
    else:
        click.echo(text)


def print_files(files: Iterable[Path]) -> None:
    """Print the files that a command wrote, as JSON."""
    print_json({"files": [str(file) for file in files]})


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str | Cell]],
    title: str = "",
    foldable: Collection[str] | None = None,
    droppable: Sequence[str] = (),
) -> None:
    """Print a table, as wide as the terminal, or wide enough for a pipe.

    Args:
        headings: of the columns; all empty: none is shown.
        rows: the cells of each row.
        title: what stands above it.
        foldable: headings of the columns that may break their lines; None: all that have other cells than
            amounts, numbers and days. If the table is wider than the terminal even so, each row becomes a
            paragraph.
        droppable: headings of columns that are left out before it comes to that, the first ones first.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    lines = [list(row) for row in rows]
    columns = list(range(len(headings)))
    least = _FOLDED if foldable is not None else _FOLDED_TEXT
    breaking = [
        headings[column] in foldable if foldable is not None else not _has_figures(lines, column)
        for column in columns
    ]
    widths = [_width(headings, lines, column, least if breaking[column] else None) for column in columns]

    def too_wide() -> bool:
        return _EDGES + sum(widths[column] for column in columns) > console.width

    for heading in droppable:
        if too_wide():
            columns.remove(headings.index(heading))
    if too_wide():
        if title:
            click.echo(title)
        for line in lines:
            _print_paragraph([(headings[column], line[column]) for column in columns], console.width)
        return
    table = Table(title=title or None, title_justify="left", show_header=any(headings), box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(Text(headings[column]), overflow="fold", no_wrap=not breaking[column])
    for line in lines:
        cells = [line[column] for column in columns]
        table.add_row(
            *(Text(cell.text, cell.colour) if isinstance(cell, Cell) else Text(cell) for cell in cells)
        )
    console.print(table)


def _has_figures(lines: Sequence[Sequence[str | Cell]], column: int) -> bool:
    """Whether all cells of a column are amounts, numbers or days."""
    return bool(lines) and all(_FIGURE.fullmatch(_text(line[column])) for line in lines)


def _width(
    headings: Sequence[str], lines: Sequence[Sequence[str | Cell]], column: int, least: int | None
) -> int:
    """The least characters of a column, with the space around it; `least` if it may break its lines."""
    texts = [headings[column], *(_text(line[column]) for line in lines)]
    widest = max(len(part) for text in texts for part in text.split("\n"))
    return _PADDING + (widest if least is None else min(widest, least))


def _print_paragraph(members: Sequence[tuple[str, str | Cell]], width: int) -> None:
    """Print a row as its first cell, with the others and their headings below it."""
    click.echo(_text(members[0][1]))
    texts = [f"{heading} {_text(cell)}" for heading, cell in members[1:] if _text(cell)]
    indent = "    "
    # An amount stays on one line: a space that does not break stands for its own.
    whole = "; ".join(texts).replace("€ ", "€\N{NO-BREAK SPACE}")
    for line in textwrap.wrap(
        whole,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        click.echo(line.replace("\N{NO-BREAK SPACE}", " "))


def _text(cell: str | Cell) -> str:
    return cell.text if isinstance(cell, Cell) else cell


def complain(sentence: str) -> None:
    """Print a sentence about something that is not as it should be."""
    click.secho(sentence, fg="red")


def note(sentence: str) -> None:
    """Tell people something beside the answer; programs that asked for JSON are not told."""
    if not in_json():
        click.echo(sentence, err=True)


def confirm(question: str, yes: bool) -> None:
    """Go on only when somebody says so.

    Raises:
        Wrong: JSON was asked for, and nobody can be asked.
    """
    if yes:
        return
    if in_json():
        raise Wrong("give --yes: with --json nobody is asked")
    click.confirm(question, abort=True, err=True)


def confirm_name(question: str, name: str, yes: bool) -> None:
    """Go on only when somebody types a name.

    Raises:
        Wrong: JSON was asked for, and nobody can be asked.
        Refused: something else was typed.
    """
    if yes:
        return
    if in_json():
        raise Wrong("give --yes: with --json nobody is asked")
    typed = click.prompt(question, default="", show_default=False, err=True)
    if typed != name:
        raise Refused(f"{typed!r} is not {name!r}: nothing was changed")


@contextmanager
def shown_progress() -> Iterator[Callable[[str], None]]:
    """Show what is being done: a spinner and finished stages on a terminal, plain lines elsewhere."""
    if in_json() or not sys.stderr.isatty():
        yield note
        return
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("...") as spinner:

        def show(text: str) -> None:
            if text.endswith("..."):
                spinner.update(text)
            else:
                console.print(f"[green]✓[/green] {text}", highlight=False)

        yield show


@contextmanager
def counted(length: int, what: str) -> Iterator[Callable[[int], None] | None]:
    """Show how many of so many are done, on a terminal; elsewhere nothing is shown."""
    if in_json() or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=length, label=what, file=sys.stderr) as bar:
        yield bar.update


def columns_of(value: Any, columns: Mapping[str, Callable[[Any], object]]) -> list[list[str]]:
    """The cells of one record, or of several as a list."""
    rows = value if isinstance(value, list) else [value]
    return [[str(cell(row)) for cell in columns.values()] for row in rows]
