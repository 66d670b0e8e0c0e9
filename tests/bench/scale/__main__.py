"""Print what a national network needs.

    PYTHONPATH=tests/bench python -m scale [--inputs FILE] [--write] [--report build/bench/report.json]

A report of `make bench` replaces the measured figures, measured.yaml, first.
"""

from __future__ import annotations

from pathlib import Path

import click
import yaml

from scale.measured import measured
from scale.model import INPUTS, MEASURED, inputs, page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "scale.md"
BEGIN, END = "<!-- what the model says -->\n", "<!-- end -->\n"


def placed(text: str, figures: str) -> str:
    """A page with the figures between its two marks.

    Raises:
        ValueError: it lacks the marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks {BEGIN.strip()} or {END.strip()}")
    return f"{before}{BEGIN}\n{figures}\n{END}{after}"


@click.command(help=__doc__.partition("\n")[0] if __doc__ else None)
@click.option("--inputs", "file", type=click.Path(exists=True, path_type=Path), default=INPUTS)
@click.option("--write", is_flag=True, help="Put the figures into docs/scale.md.")
@click.option(
    "--report",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the measured figures from this report.json of `make bench`, and keep them.",
)
def main(file: Path, write: bool, report: Path | None) -> None:
    """Print the figures, or write them into the page."""
    if report is not None:
        try:
            found = measured(report)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--report") from error
        MEASURED.write_text(
            "# Written by `python -m scale --report`: milliseconds of CPU, cores, bytes.\n"
            + yaml.safe_dump({"measured": found}, sort_keys=False),
            "utf-8",
        )
    figures = page(inputs(file))
    if write:
        PAGE.write_text(placed(PAGE.read_text("utf-8"), figures), "utf-8")
    else:
        click.echo(figures)


if __name__ == "__main__":
    main()
