"""What commands on the books read and write: movements, mapping, closings, and the files that they make."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from kindpakket_cli.contract import Wrong
from kindpakket_cli.files import READABLE
from kindpakket_cli.views import VIEW_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kindpakket.backoffice.books.auditfile import Version
    from kindpakket.backoffice.books.balance import BalanceLine
    from kindpakket.backoffice.books.books import Books
    from kindpakket.backoffice.books.closings import Closings
    from kindpakket.backoffice.books.delimited import DecimalMark
    from kindpakket.backoffice.books.entries import Entry
    from kindpakket.backoffice.books.grouping import Grouping
    from kindpakket.backoffice.books.periods import Span
    from kindpakket.backoffice.books.source import MovementSource
    from kindpakket.backoffice.books.tables import BooksTable

_FORMATS = {".csv": "csv", ".xlsx": "xlsx", ".xaf": "xaf", ".xml": "xaf"}


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the books are made of.

    Attributes:
        mappings: the mappings, in any order.
        movements: a file of movements; None: they are in the view.
        view: the path or URL of a view.
        closings_file: the file of closed periods, if one was given.
        until_block: the last block that counts; None: the newest.
        through: the day up to which the books are made up, or "".
    """

    mappings: tuple[Path, ...]
    movements: Path | None
    view: str
    closings_file: Path | None
    until_block: int | None
    through: str

    @contextmanager
    def source(self) -> Iterator[MovementSource]:
        """The movements; where they can come from is decided here alone.

        Raises:
            MovementsError, ViewError: they cannot be read.
        """
        if self.movements is not None:
            from kindpakket.backoffice.books.movement_file import MovementFile

            yield MovementFile(self.movements)
            return
        from kindpakket.backoffice.books.view_source import ViewSource
        from kindpakket.ledgerview import LedgerView

        with LedgerView(self.view) as view:
            yield ViewSource(view)

    def closings(self, *, may_be_new: bool = False) -> Closings:
        """The closed periods; none if no file was given, or it may be new and there is none yet."""
        from kindpakket.backoffice.books.closings import Closings

        file = self.closings_file
        if file is None or (may_be_new and not file.exists()):
            return Closings()
        return Closings.load(file)

    def keep(self, grouping: str = "period", through: str = "", closings: Closings | None = None) -> Books:
        """Make the books; closings are read from their file unless they are given."""
        from kindpakket.backoffice.books.books import keep_books
        from kindpakket.backoffice.books.charts import Charts
        from kindpakket.backoffice.books.mapping import load_mapping

        charts = Charts.of([load_mapping(path) for path in self.mappings])
        with self.source() as source:
            return keep_books(
                source,
                charts,
                grouping=cast("Grouping", grouping),
                until_block=self.until_block,
                closings=self.closings() if closings is None else closings,
                through=max(self.through, through),
            )


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of the books.

    Attributes:
        period: the periods as they were given; "": all.
        scheme: id of the scheme; "": all.
    """

    period: str
    scheme: str

    @property
    def span(self) -> Span | None:
        """The periods; None: all.

        Raises:
            BooksError: they are not periods.
        """
        from kindpakket.backoffice.books.periods import read_span

        return read_span(self.period) if self.period else None


@dataclass(frozen=True, slots=True)
class Output:
    """A file to be written, and how.

    Attributes:
        path: the file; None: the screen.
        kind: `csv`, `xlsx` or `xaf`.
        delimiter: between the cells of CSV.
        decimal: the decimal mark of CSV.
    """

    path: Path | None
    kind: str
    delimiter: str
    decimal: str

    def write(self, content: bytes) -> None:
        """Write the file; one of that name is replaced once the new one is whole."""
        from fabric_gateway._storage.files import replace

        if self.path is not None:
            replace(self.path, content, mode=0o644)

    def write_tables(self, books: Books, tables: Sequence[BooksTable]) -> None:
        """Write tables as CSV (the first one) or XLSX."""
        from kindpakket.backoffice.books.delimited import to_csv
        from kindpakket.backoffice.books.tables import about
        from kindpakket.backoffice.books.workbook import to_xlsx

        if self.kind == "xlsx":
            self.write(to_xlsx(tables, about(books), books.through))
        else:
            decimal = cast("DecimalMark", self.decimal)
            self.write(to_csv(tables[0], books.position, delimiter=self.delimiter, decimal=decimal))


def inputs(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say what the books are made of, as one parameter `made_of`."""

    @click.option(
        "--mapping",
        "mappings",
        multiple=True,
        required=True,
        type=READABLE,
        help="Accounts, journals and cost centres, in YAML; repeat for one that begins with a later period.",
    )
    @click.option(
        "--view",
        envvar=VIEW_VARIABLE,
        show_envvar=True,
        metavar="FILE|URL",
        help="The ledger view with the movements, an SQLite file or the URL of a PostgreSQL database.",
    )
    @click.option(
        "--movements", type=READABLE, help="A file with the movements instead of a view, in JSON Lines."
    )
    @click.option(
        "--closings",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The periods that were closed, as books close wrote them.",
    )
    @click.option(
        "--until-block",
        type=click.IntRange(min=0),
        help="The last block that counts.  [default: the newest]",
    )
    @click.option(
        "--through",
        type=click.DateTime(["%Y-%m-%d"]),
        help="Make the books up to this day even if nothing has moved since, so that they have the accrual "
        "of a year that is over.  [default: the day of the last movement]",
    )
    @functools.wraps(command)
    def made(
        *args: Any,
        mappings: tuple[Path, ...],
        view: str | None,
        movements: Path | None,
        closings: Path | None,
        until_block: int | None,
        through: datetime | None,
        **kwargs: Any,
    ) -> None:
        if view is None and movements is None:
            raise Wrong("give the movements: --view, or a file with --movements")
        day = "" if through is None else through.date().isoformat()
        command(*args, made_of=Inputs(mappings, movements, view or "", closings, until_block, day), **kwargs)

    return made


def selection(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that choose a part of the books, as one parameter `part`."""

    @click.option(
        "--period",
        metavar="PERIOD",
        default="",
        help="Only a year (2026), a month (2026-03) or several (2026-01:2026-06).",
    )
    @click.option("--scheme", metavar="SCHEME", default="", help="Only this scheme, by its id.")
    @functools.wraps(command)
    def chosen(*args: Any, period: str, scheme: str, **kwargs: Any) -> None:
        from kindpakket.ledger.ids import is_id

        if scheme and not is_id(scheme):
            raise Wrong(f"--scheme is {scheme!r}: give the scheme's id, 32 hexadecimal digits")
        command(*args, part=Selection(period, scheme), **kwargs)

    return chosen


def output_options(*kinds: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options for a file of one of these kinds, as one parameter `output`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        suffixes = ", ".join(suffix for suffix, kind in _FORMATS.items() if kind in kinds)

        @click.option(
            "--out",
            type=click.Path(dir_okay=False, path_type=Path),
            help=f"Write a file instead: {suffixes}.",
        )
        @click.option(
            "--format",
            "kind",
            type=click.Choice(kinds),
            help="The file's format.  [default: by its name]",
        )
        @click.option("--delimiter", default=";", show_default=True, help="Between the cells of CSV.")
        @click.option(
            "--decimal",
            type=click.Choice(("comma", "point")),
            default="comma",
            show_default=True,
            help="The decimal mark of CSV.",
        )
        @functools.wraps(command)
        def written(
            *args: Any, out: Path | None, kind: str | None, delimiter: str, decimal: str, **kwargs: Any
        ) -> None:
            if out is not None:
                kind = kind or _FORMATS.get(out.suffix.lower(), "")
            if out is None and kind is not None:
                raise Wrong("--format needs a file: give --out")
            if out is not None and kind not in kinds:
                raise Wrong(f"--out {out}: its name must end in {suffixes}, or give --format")
            if len(delimiter) != 1 or delimiter in '"\r\n' or not delimiter.isascii():
                raise Wrong(f"--delimiter is {delimiter!r}: it must be one character, such as ; or a tab")
            command(*args, output=Output(out, kind or "", delimiter, decimal), **kwargs)

        return written

    return decorate


def write_journal(
    output: Output, books: Books, entries: Sequence[Entry], part: Selection, xaf: str, commitments: bool
) -> None:
    """Write a journal.

    Raises:
        Wrong: an audit file needs periods, and none were given.
        BooksError: the file cannot be made.
        OSError: it cannot be written.
    """
    from kindpakket.backoffice.books.balance import trial_balance
    from kindpakket.backoffice.books.tables import balance_table, journal_table

    if output.kind == "xaf":
        from kindpakket.backoffice.books.auditfile import to_xaf

        span = part.span
        if span is None:
            raise Wrong("an audit file is of a year: give --period, such as 2026 or 2026-01:2026-06")
        output.write(
            to_xaf(books, span, xaf=cast("Version", xaf), scheme=part.scheme, commitments=commitments)
        )
        return
    balance = trial_balance(books, part.span, part.scheme)
    output.write_tables(books, [journal_table(entries), balance_table(balance)])


def write_balance(output: Output, books: Books, lines: Sequence[BalanceLine]) -> None:
    """Write a trial balance; raises as `write_journal`."""
    from kindpakket.backoffice.books.tables import balance_table

    output.write_tables(books, [balance_table(lines)])
