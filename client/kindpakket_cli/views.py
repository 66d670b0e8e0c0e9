"""The ledger view that commands use: where it is, and the block that they are to show."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from kindpakket.ledgerview import LedgerView, Snapshot
    from kindpakket_cli.session import Session

VIEW_VARIABLE = "KINDPAKKET_VIEW"
"""The environment variable that names the view."""
_FILE = "ledger-view.db"
"""The view's file in the home, unless another place is named."""


@dataclass(frozen=True, slots=True)
class ViewPlace:
    """What was said about the view.

    Attributes:
        where: the path of an SQLite file, or the URL of a PostgreSQL database; None: the home's file.
    """

    where: str | None

    @contextmanager
    def open(self, session: Session, *, channel: str = "", chaincode: str = "") -> Iterator[LedgerView]:
        """Open the view; with channel and chaincode, make it if there is none.

        Raises:
            ViewError: it cannot be opened.
        """
        from kindpakket.ledgerview import LedgerView

        where: str | Path = self.where or session.home.root / _FILE
        with LedgerView(where, channel=channel, chaincode=chaincode) as view:
            yield view

    @contextmanager
    def reading(self, session: Session, as_at: int | date | None) -> Iterator[Snapshot]:
        """Read the view as at a block or the end of a day.

        Raises:
            ViewError: it cannot be opened, or has no such block.
        """
        with self.open(session) as view, view.reading(as_at) as snapshot:
            yield snapshot


def _as_at(_: click.Context, __: click.Parameter, value: str | None) -> int | date | None:
    """A block's number, or a date."""
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,18}", value):
        return int(value)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is neither a block's number nor a date such as 2026-12-31."
        ) from None


def view_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option that names the view, as one parameter `place`."""

    @click.option(
        "--view",
        "where",
        envvar=VIEW_VARIABLE,
        show_envvar=True,
        metavar="FILE|URL",
        help=f"The view, an SQLite file or the URL of a PostgreSQL database.  [default: {_FILE} in the home]",
    )
    @functools.wraps(command)
    def located(*args: Any, where: str | None, **kwargs: Any) -> None:
        command(*args, place=ViewPlace(where), **kwargs)

    return located


as_at_option = click.option(
    "--as-at",
    callback=_as_at,
    metavar="BLOCK|DATE",
    help="Show the ledger as it was after this block, or at the end of this day in Amsterdam.  "
    "[default: the view's last block]",
)
