"""The page of a holder's booklet that a till scans, or that somebody types."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from kindpakket_cli.contract import Wrong

if TYPE_CHECKING:
    from kindpakket.holder.booklet import Page

pages_option = click.option(
    "--printed-pages",
    "pages_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="KINDPAKKET_PRINTED_PAGES",
    show_envvar=True,
    help="The municipality's file of printed pages, which typed codes need.",
)
"""The option for the file by which typed pages are known."""


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page that the holder shows, with the voucher that it pays from.

    Attributes:
        scheme: id of the scheme.
        voucher: id of the voucher.
        page: the page.
    """

    scheme: str
    voucher: str
    page: Page


def page_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options for a page, as the parameter `code`: reads it for a scheme and voucher."""

    @click.option(
        "--page-code",
        type=click.File("r"),
        default="-",
        help="A file with the code of a booklet's page, scanned or typed.  [default: standard input, where "
        "scanners type]",
    )
    @pages_option
    @functools.wraps(command)
    def with_code(*args: Any, page_code: TextIO, pages_file: Path | None, **kwargs: Any) -> None:
        command(*args, code=PageCode(page_code, pages_file), **kwargs)

    return with_code


@dataclass(frozen=True, slots=True)
class PageCode:
    """Where the code of a page is read.

    Attributes:
        file: its first line is the code.
        pages_file: the file of printed pages; None: typed codes are refused.
    """

    file: TextIO
    pages_file: Path | None

    def read(self, scheme: str | None = None, voucher: str | None = None) -> ShownPage:
        """Read the page.

        Args:
            scheme: the scheme of the voucher that the command is about; None: the code says it.
            voucher: that voucher; None: the code says it.

        Raises:
            Wrong: the line is not the code of a page, or of another voucher's.
        """
        from kindpakket.holder.booklet import Page
        from kindpakket.holder.printed_pages import PrintedPages, read_code

        if (scheme is None) != (voucher is None):
            raise Wrong("give both SCHEME and VOUCHER, or neither of them")
        pages = None if self.pages_file is None else PrintedPages(self.pages_file)
        text = self.file.readline().strip()
        try:
            shown = read_code(text, pages)
        except ValueError as error:
            raise Wrong(str(error)) from None
        if isinstance(shown, Page):
            if scheme is None or voucher is None:
                raise Wrong("the code does not say which voucher it belongs to: give SCHEME and VOUCHER")
            return ShownPage(scheme, voucher, shown)
        if scheme is not None and (shown.scheme, shown.voucher) != (scheme, voucher):
            raise Wrong(
                f"the slip is of voucher {shown.voucher} of scheme {shown.scheme}: give these to the "
                "command, or leave out both"
            )
        return ShownPage(shown.scheme, shown.voucher, shown.page)
