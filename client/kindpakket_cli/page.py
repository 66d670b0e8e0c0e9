"""The page of a holder's booklet that a till scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

import click

from kindpakket_cli.contract import Wrong

if TYPE_CHECKING:
    from kindpakket.holder.booklet import Page

page_code_option = click.option(
    "--page-code",
    type=click.File("r"),
    default="-",
    help="A file with the text of a booklet page's code.  [default: standard input, where scanners type]",
)
"""The option of commands that a page of the holder's booklet authorises."""


def read_page(code: TextIO) -> Page:
    """The page whose code is the first line of a file.

    Raises:
        Wrong: the line is not the code of a page.
    """
    from kindpakket.holder.booklet import Page

    try:
        return Page.from_text(code.readline().strip())
    except ValueError as error:
        raise Wrong(str(error)) from None
