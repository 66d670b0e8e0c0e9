"""`kindpakket view export`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from kindpakket_cli.output import answer, counted
from kindpakket_cli.session import READERS, Session, acting_as
from kindpakket_cli.views import ViewPlace, as_at_option, view_option

if TYPE_CHECKING:
    from kindpakket.ledgerview.exports import ExportFormat


@click.command("export")
@click.argument("folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "xlsx", "parquet"]),
    default="csv",
    show_default=True,
    help="CSV for anything, XLSX for people, Parquet for programs.",
)
@click.option(
    "--table",
    "names",
    metavar="TABLE",
    multiple=True,
    help="Only this table; repeat for more.  [default: all]",
)
@as_at_option
@click.option(
    "--history", is_flag=True, help="Of vouchers and the like, every version instead of the current one."
)
@click.option(
    "--delimiter",
    type=click.Choice([";", ",", "tab"]),
    default=";",
    show_default=True,
    help="Between the cells of CSV; a Dutch Excel expects the semicolon.",
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@view_option
@acting_as(*READERS)
def export(
    session: Session,
    place: ViewPlace,
    folder: Path,
    kind: str,
    names: tuple[str, ...],
    as_at: int | date | None,
    history: bool,
    delimiter: str,
    overwrite: bool,
) -> None:
    """Write the view's tables to FOLDER, all as at one block. The network is not asked.

    Every file says which channel and block it is as at, the block's hash and time, and what its columns mean:
    an XLSX in its first two sheets, a Parquet in its metadata, a CSV in the file `…-metadata.json` beside it.
    The same block gives the same bytes. The files hold pseudonymous data of people: only you can read them.
    """
    from kindpakket.ledgerview import TABLES, table
    from kindpakket.ledgerview.exports import export as write

    chosen = [table(name) for name in dict.fromkeys(names)] or list(TABLES)
    with place.reading(session, as_at) as snapshot:
        total = sum(snapshot.count(layout, history=history) for layout in chosen)
        with counted(total, "Rows") as progress:
            done = write(
                snapshot,
                folder,
                cast("ExportFormat", kind),
                chosen,
                history=history,
                delimiter="\t" if delimiter == "tab" else delimiter,
                overwrite=overwrite,
                progress=progress or (lambda _: None),
            )
    answer(
        session.as_json,
        {"as_at": snapshot.moment.as_json(), "files": [str(file) for file in done.files], "rows": done.rows},
        f"{sum(done.rows.values()):,} rows as at {snapshot.moment} are in {folder}.",
    )
