"""`kindpakket scheme …`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kindpakket.ledger.days import today
from kindpakket.ledger.money import euros
from kindpakket_cli.change import COMMANDS
from kindpakket_cli.contract import group
from kindpakket_cli.files import READABLE, read_rules
from kindpakket_cli.session import READERS, Session, acting_as, because


@group("scheme")
def scheme() -> None:
    """Schemes: draft, approve, open, pause, change, close; close days."""


@scheme.command("list")
@acting_as(*READERS)
def list_schemes(session: Session) -> None:
    """List all schemes with their budgets."""
    reader = session.reader()
    views = [reader.schemes.show(found["id"]) for found in reader.schemes.list()]
    session.answer(
        views,
        {
            "scheme": lambda view: view["scheme"]["id"],
            "name": lambda view: view["rules"]["name"],
            "state": lambda view: view["scheme"]["state"],
            "until": lambda view: view["rules"]["ends_on"],
            "closed until": lambda view: view["closed_until"] or "-",
            "budget": lambda view: euros(view["budget"]["budget_cents"]),
            "issued": lambda view: euros(view["budget"]["issued_cents"]),
            "unallocated": lambda view: euros(view["budget"]["unallocated_cents"]),
        },
    )


@scheme.command("show")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*READERS)
def show_scheme(session: Session, scheme_id: str) -> None:
    """Show a scheme with its rules and budget."""
    session.answer(session.reader().schemes.show(scheme_id))


@scheme.command("draft")
@click.argument("rules_file", metavar="RULES", type=READABLE)
@click.option("--budget-cents", type=int, required=True, help="The total budget, in euro cents.")
@click.option("--request-id", help="The scheme's id.  [default: a fresh one]")
@acting_as("issuer")
def draft_scheme(session: Session, rules_file: Path, budget_cents: int, request_id: str | None) -> None:
    """Draft a scheme from RULES, a YAML or JSON file (docs/transactions.md)."""
    rules = read_rules(rules_file)
    session.answer(session.municipality().schemes.draft(rules, budget_cents, request_id=request_id))


@scheme.command("approve")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as("approver")
def approve_scheme(session: Session, scheme_id: str) -> None:
    """Approve a scheme that another person drafted."""
    session.answer(session.municipality().schemes.approve(scheme_id))


@scheme.command("open")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as("issuer", "approver")
def open_scheme(session: Session, scheme_id: str) -> None:
    """Open an approved scheme, or one that another person paused."""
    session.answer(session.municipality().schemes.open(scheme_id))


@scheme.command("pause")
@click.argument("scheme_id", metavar="SCHEME")
@because("audit")
@acting_as("approver")
def pause_scheme(session: Session, scheme_id: str, reason: str) -> None:
    """Pause a scheme: nothing is issued or spent until it is opened again."""
    session.answer(session.municipality().schemes.pause(scheme_id, reason))


@scheme.command("close-day")
@click.argument("scheme_id", metavar="SCHEME")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day.  [default: today in Amsterdam]")
@acting_as("issuer", "treasurer")
def close_day(session: Session, scheme_id: str, day: datetime | None) -> None:
    """Close a day: later payments are booked on the next one."""
    session.answer(
        session.municipality().schemes.close_day(scheme_id, today() if day is None else day.date())
    )


@scheme.command("close-past-days")
@acting_as("issuer", "treasurer")
def close_past_days(session: Session) -> None:
    """Close yesterday for all schemes, so that no payment can be held back for longer.

    Every command by which an issuer or treasurer changes something does this first; a timer that runs this
    one each day does it when nobody works.
    """
    session.answer(
        session.municipality(closing=False).schemes.close_past_days(),
        {"scheme": lambda closed: closed["scheme"], "closed until": lambda closed: closed["closed_until"]},
    )


for _command in COMMANDS:
    scheme.add_command(_command)
