"""Print what a national network needs: PYTHONPATH=tests/bench python -m scale [--inputs FILE] [--write]."""

from __future__ import annotations

from pathlib import Path

import click

from scale.model import INPUTS, inputs, page

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


@click.command(help=__doc__)
@click.option("--inputs", "file", type=click.Path(exists=True, path_type=Path), default=INPUTS)
@click.option("--write", is_flag=True, help="Put the figures into docs/scale.md.")
def main(file: Path, write: bool) -> None:
    """Print the figures, or write them into the page."""
    figures = page(inputs(file))
    if write:
        PAGE.write_text(placed(PAGE.read_text("utf-8"), figures), "utf-8")
    else:
        click.echo(figures)


if __name__ == "__main__":
    main()
