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


def read_page(code: TextIO, scheme: str, voucher: str) -> Page:
    """The page whose code, or whose slip's code, is the first line of a file.

    Args:
        code: the file.
        scheme: the scheme of the voucher that the command is about.
        voucher: that voucher.

    Raises:
        Wrong: the line is not the code of a page, or it is a slip of another voucher.
    """
    from kindpakket.holder.booklet import Page
    from kindpakket.holder.slip import Slip

    text = code.readline().strip()
    try:
        if not text.startswith(Slip.PREFIX):
            return Page.from_text(text)
        slip = Slip.from_text(text)
    except ValueError as error:
        raise Wrong(str(error)) from None
    if (slip.scheme, slip.voucher) != (scheme, voucher):
        raise Wrong(
            f"the slip is of voucher {slip.voucher} of scheme {slip.scheme}: give these to the command"
        )
    return slip.page
