"""`kindpakket view history`: who did what to one thing."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from kindpakket_cli.contract import Wrong
from kindpakket_cli.output import note, print_json
from kindpakket_cli.session import READERS, Session, acting_as
from kindpakket_cli.views import ViewPlace, as_at_option, view_option

_COLUMNS = {
    "when (UTC)": lambda version: version["time"],
    "block": lambda version: version["block"],
    "operation": lambda version: version["operation"] or "",
    "who": lambda version: version["who"],
    "why": lambda version: version["reason"] or "",
    "changed": lambda version: "; ".join(
        f"{name}: {value}" for name, value in version["changed"].items() if value is not None
    ),
}


@click.command("history")
@click.argument("name", metavar="TABLE")
@click.argument("thing", metavar="ID")
@as_at_option
@view_option
@acting_as(*READERS)
def history(session: Session, place: ViewPlace, name: str, thing: str, as_at: int | date | None) -> None:
    """Show who did what to a thing of TABLE, when and why, and what changed. The network is not asked.

    ID is what the table calls `id`, such as that of a voucher in `vouchers`; `rules`, `budgets` and
    `closed_days` are found by their scheme.
    """
    from kindpakket.ledgerview.histories import history_of

    with place.reading(session, as_at) as snapshot:
        versions: list[dict[str, Any]] = [version.as_json() for version in history_of(snapshot, name, thing)]
    if not versions:
        raise Wrong(f"the view has no {thing} in {name} as at block {snapshot.moment.block}", "NO_SUCH")
    if session.as_json:
        print_json({"as_at": snapshot.moment.as_json(), "versions": versions})
        return
    session.answer(versions, _COLUMNS)
    note(f"As at {snapshot.moment}.")
