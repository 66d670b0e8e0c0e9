"""`kindpakket view …`: the ledger as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from kindpakket_cli.contract import group, in_json, not_as_it_should_be
from kindpakket_cli.output import answer, complain, counted, note, print_json, print_table
from kindpakket_cli.session import READERS, Session, acting_as
from kindpakket_cli.stopping import stoppable
from kindpakket_cli.view_export import export
from kindpakket_cli.view_history import history
from kindpakket_cli.views import ViewPlace, view_option

if TYPE_CHECKING:
    from fabric_gateway import Network
    from kindpakket.ledgerview import LedgerView

_TOLD_AFTER = 10_000
"""Every so many blocks, a run whose output goes to a file says how far it is."""


@group("view")
def view() -> None:
    """The ledger as tables: follow the blocks, export, see who did what; as at any block or day."""


@view.command("follow")
@click.option("--once", is_flag=True, help="End when the view has the blocks that the peer has now.")
@view_option
@acting_as(*READERS)
def follow(session: Session, place: ViewPlace, once: bool) -> None:
    """Bring the view up to date from your own peer's blocks, and keep it so until it is stopped.

    The view is made if there is none. It is an SQLite file, or a database of its own in PostgreSQL. Every
    block is checked: it must follow the one before, and its data must be what its header says.

    Stop it with Ctrl-C or SIGTERM. If it is killed, run it again: it goes on where it was. One process at a
    time follows; any number may read.
    """
    from kindpakket.ledgerview import catch_up
    from kindpakket.ledgerview import follow as follow_on

    network, contract = session.ledger()
    with place.open(session, channel=contract.channel, chaincode=contract.chaincode) as opened:
        before = opened.height
        with nullcontext() if once else stoppable(), _progress(opened, network) as progress:
            catch_up(opened, network, progress)
            if not once:
                note(f"Up to date with {opened.height} blocks. Waiting for the next one.")
                follow_on(opened, network, progress)
        _show_height(opened, {"added": opened.height - before})


@view.command("rebuild")
@view_option
@acting_as(*READERS)
def rebuild(session: Session, place: ViewPlace) -> None:
    """Make the view anew from the first block; it has the same hash afterwards.

    That is needed only when a new version of kindpakket lays the tables out in another way, or to check that
    nobody has changed them. Until it is done, everybody reads the view as it was; if it is interrupted, the
    view stays as it was.
    """
    from kindpakket.ledgerview import rebuild as rebuild_all

    network, contract = session.ledger()
    with place.open(session, channel=contract.channel, chaincode=contract.chaincode) as opened:
        with _progress(opened, network, anew=True) as progress:
            rebuild_all(opened, network, progress)
        _show_height(opened, {"rebuilt": True})


@view.command("status")
@click.option("--hash", "hashed", is_flag=True, help="Show the hash over all tables, which takes a while.")
@view_option
@acting_as(*READERS)
def status(session: Session, place: ViewPlace, hashed: bool) -> None:
    """Show how far the view is, and what it has. The network is not asked.

    The hash over the tables is the same for the same blocks, whoever made the view, where and when.

    Ends with 1 when the money of a transaction does not add up: see the table `flaws`.
    """
    with place.open(session) as opened:
        found = opened.status()
        digest = {"tables_hash": opened.digest()} if hashed and found.moment else {}
    moment = found.moment.as_json() if found.moment else {"channel": found.channel, "height": 0}
    members = {**moment, "chaincode": found.chaincode, "layout": found.layout, **digest, "rows": found.rows}
    if session.as_json:
        print_json(members)
    else:
        rows = {name: value for name, value in members.items() if name != "rows"}
        print_table(("", ""), [(name.replace("_", " "), str(value)) for name, value in rows.items()])
        print_table(("table", "rows"), [(name, f"{count:,}") for name, count in found.rows.items()])
        if found.flaws:
            complain(_flawed(found.flaws))
    if found.flaws:
        not_as_it_should_be()


@view.command("tables")
@click.argument("names", nargs=-1, metavar="[TABLE]...")
@acting_as()
def tables(session: Session, names: tuple[str, ...]) -> None:
    """Show the data dictionary: the view's tables, or the columns of TABLEs and what they mean."""
    from kindpakket.ledgerview import TABLES, table

    chosen = [table(name) for name in names] or list(TABLES)
    if session.as_json:
        print_json(
            [
                {
                    "table": layout.name,
                    "meaning": layout.meaning,
                    "columns": [
                        {"name": column.name, "kind": column.kind, "meaning": column.meaning}
                        for column in layout.columns
                    ],
                }
                for layout in chosen
            ]
        )
        return
    if not names:
        print_table(("table", "a row is"), [(layout.name, layout.meaning) for layout in chosen])
        return
    for layout in chosen:
        rows = [(column.name, column.kind, column.meaning) for column in layout.columns]
        print_table(("column", "kind", "meaning"), rows, f"{layout.name}: {layout.meaning}")


@contextmanager
def _progress(opened: LedgerView, network: Network, *, anew: bool = False) -> Iterator[Callable[[int], None]]:
    """Show how many blocks have been added: a bar on a terminal, elsewhere a line now and then."""
    start = 0 if anew else opened.height
    height, done = network.ledger_height(), start
    with counted(max(height - start, 0), "Blocks") as update:

        def show(count: int) -> None:
            nonlocal done
            before, done = done, done + count
            if update is not None and before < height:
                update(count)
            elif before // _TOLD_AFTER != done // _TOLD_AFTER:
                note(f"{done} blocks.")

        yield show


def _show_height(opened: LedgerView, members: dict[str, Any]) -> None:
    found = opened.status()
    moment = found.moment.as_json() if found.moment else {"channel": found.channel, "height": 0}
    text = f"The view is at {found.moment}." if found.moment else "The peer has no blocks yet."
    answer(in_json(), {**moment, **members, "flaws": found.flaws}, text)
    if found.flaws:
        if not in_json():
            complain(_flawed(found.flaws))
        not_as_it_should_be()


def _flawed(count: int) -> str:
    transactions = "1 transaction" if count == 1 else f"{count} transactions"
    return f"The money of {transactions} does not add up: see the table flaws."


view.add_command(export)
view.add_command(history)
