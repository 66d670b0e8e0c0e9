"""How commands read a file of children: options and a bar that they share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kindpakket_cli.contract import in_json
from kindpakket_cli.files import READABLE

if TYPE_CHECKING:
    from kindpakket.backoffice.ages import Ages
    from kindpakket.backoffice.batches.reading import ReadFile
    from kindpakket.backoffice.intake.mapping import ColumnMapping
    from kindpakket.ledger.records import Rules

_LARGE = 1 << 20
_Function = TypeVar("_Function", bound=Callable[..., Any])
_TABLE = (
    click.option(
        "--mapping",
        "mapping_file",
        type=READABLE,
        help="A YAML file that says which column is which (docs/command-line.md).",
    ),
    click.option("--encoding", default="", help="The encoding of CSV.  [default: found in the file]"),
    click.option("--delimiter", default="", help="The delimiter of CSV.  [default: found in the file]"),
    click.option("--sheet", default="", help="The sheet of a spreadsheet.  [default: the only one]"),
)
_AGES = (
    click.option(
        "--age",
        "bands",
        multiple=True,
        metavar="BAND",
        help="A preset by age where the file has none, such as 0-11=junior; repeat for each band.",
    ),
    click.option(
        "--ages-on",
        type=click.DateTime(["%Y-%m-%d"]),
        help="The day on which ages are taken.  [default: the first day of the scheme]",
    ),
)


def table_options(function: _Function) -> _Function:
    """Give a command the options for `mapping_of`."""
    for option in reversed(_TABLE):
        function = option(function)
    return function


def age_options(function: _Function) -> _Function:
    """Give a command the options `--age` and `--ages-on`, as `bands` and `ages_on`."""
    for option in reversed(_AGES):
        function = option(function)
    return function


def mapping_of(mapping_file: Path | None, encoding: str, delimiter: str, sheet: str) -> ColumnMapping:
    """The mapping that the options ask for; what an option says comes before what the file says.

    Raises:
        MappingError: the file is not a mapping.
    """
    from kindpakket.backoffice.intake.mapping import ColumnMapping

    mapping = ColumnMapping.load(mapping_file) if mapping_file is not None else ColumnMapping()
    return replace(
        mapping,
        encoding=encoding or mapping.encoding,
        delimiter=(delimiter or mapping.delimiter).replace("\\t", "\t"),
        sheet=sheet or mapping.sheet,
    )


def ages_of(bands: Sequence[str], day: date | None) -> Ages | None:
    """The presets by age that the options ask for; None: none.

    Raises:
        click.BadParameter: a band cannot be used, or no day is known.
    """
    from kindpakket.backoffice.ages import Ages

    if not bands:
        return None
    if day is None:
        raise click.BadParameter("the day is not known: give it, or --rules", param_hint="--ages-on")
    try:
        return Ages.parse(bands, day)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--age") from error


def read_children(
    file: Path,
    rules: Rules,
    mapping: ColumnMapping,
    bands: Sequence[str],
    ages_on: datetime | None,
) -> ReadFile:
    """Read a file of children for a scheme, with a bar on a terminal if it is large.

    Raises:
        CitizensError: the file has mistakes.
        click.BadParameter: a band of ages cannot be used.
    """
    from kindpakket.backoffice.batches.reading import ReadFile

    day = ages_on.date() if ages_on else date.fromisoformat(rules["starts_on"])
    ages = ages_of(bands, day)
    with reading_bar(file, "Reading") as progress:
        return ReadFile.of(file, ages, mapping=mapping, rules=rules, progress=progress)


@contextmanager
def reading_bar(file: Path, what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal, if the file is large: it is told how much has been read, and how much there is."""
    if in_json() or not sys.stderr.isatty() or file.stat().st_size < _LARGE:
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total)
