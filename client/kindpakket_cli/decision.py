"""`kindpakket decision …`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import click

from kindpakket.ledger.days import day_of
from kindpakket.ledger.records import WaitingKind
from kindpakket_cli.contract import group
from kindpakket_cli.session import READERS, Session, acting_as, because


def _about(decision: dict[str, Any]) -> str:
    if decision["kind"] == "shop-end":
        return f"shop {decision['shop']}"
    if decision["kind"] == "organisation-end":
        return f"organisation {decision['msp']}"
    if decision["kind"] == "freeing":
        return f"{len(decision['entitlements'])} entitlements"
    return f"{len(decision['vouchers'])} vouchers"


def _day(seconds: int | None) -> str:
    return "-" if seconds is None else day_of(seconds)


def _things(entry: dict[str, Any]) -> str:
    """What something that waits is about, one thing a line: two ids side by side would not fit a table."""
    names = {"scheme": "scheme", "shop": "shop", "voucher": "voucher", "msp": "organisation"}
    return "\n".join(f"{name} {entry[member]}" for member, name in names.items() if member in entry)


_WAITING: Mapping[str, Callable[[Any], object]] = {
    "kind": lambda entry: f"{entry['kind']}\n{entry.get('state', '')}".rstrip(),
    "id": lambda entry: entry["id"],
    "about": lambda entry: _things(entry) or "-",
    "proposed by": lambda entry: entry["proposed_by"] or "-",
    "since": lambda entry: _day(entry.get("since")),
    "until": lambda entry: "expired" if entry.get("expired") else _day(entry.get("expires_at")),
}
"""How what waits is shown to people."""

COLUMNS: Mapping[str, Callable[[Any], object]] = {
    "decision": lambda decision: decision["id"],
    "kind": lambda decision: decision["kind"],
    "about": _about,
    "state": lambda decision: decision["state"],
    "reason": lambda decision: decision["reason"],
    "proposed by": lambda decision: decision["proposed_by"],
    "before": lambda decision: f"{datetime.fromtimestamp(decision['expires_at'], UTC):%Y-%m-%d %H:%M} UTC",
    "decided by": lambda decision: decision.get("decided_by", "-"),
}
"""How a decision is shown to people."""


@group("decision")
def decision() -> None:
    """Decide on what another person proposed: revocations, ends of shops or organisations, entitlements.

    They are proposed by `voucher propose-revocation`, `voucher propose-freeing`, `shop propose-end` and
    `organisation propose-end`.
    `waiting` lists what waits for a second person of all kinds, such as changes, allocations and shops.
    """


@decision.command("list")
@click.option("--all", "every", is_flag=True, help="Those that have been taken as well.")
@acting_as(*READERS)
def list_decisions(session: Session, every: bool) -> None:
    """List the decisions that wait for another person."""
    decisions = session.reader().decisions.list()
    session.answer([found for found in decisions if every or found["state"] == "proposed"], COLUMNS)


@decision.command("waiting")
@click.option("--kind", type=click.Choice(get_args(WaitingKind)), help="Only what is of this kind.")
@click.option("--scheme", "scheme_id", help="Only what is about this scheme.")
@acting_as(*READERS)
def waiting(session: Session, kind: WaitingKind | None, scheme_id: str | None) -> None:
    """List everything that waits for a second person, of all kinds.

    What is expired can no longer be approved, and stays until somebody rejects it.
    """
    session.answer(list(session.reader().decisions.waiting(kind, scheme=scheme_id)), _WAITING)


@decision.command("index")
@acting_as("issuer", "treasurer")
def index(session: Session) -> None:
    """List what waited before the ledger had such a list, once after an upgrade; nothing is decided.

    If it is interrupted, run it again.
    """
    from kindpakket.municipality import BULK

    decisions = session.municipality().decisions
    keys = list(decisions.unindexed())
    bulks = [keys[start : start + BULK] for start in range(0, len(keys), BULK)]
    session.answer({"recorded": sum(decisions.index(bulk)["recorded"] for bulk in bulks)})


@decision.command("show")
@click.argument("decision_id", metavar="DECISION")
@acting_as(*READERS)
def show_decision(session: Session, decision_id: str) -> None:
    """Show a decision, with all that it is about."""
    session.answer(session.reader().decisions.show(decision_id))


@decision.command("approve")
@click.argument("decision_id", metavar="DECISION")
@acting_as("approver")
def approve_decision(session: Session, decision_id: str) -> None:
    """Approve what another person proposed; it takes effect at once. Show it first."""
    session.answer(session.municipality().decisions.approve(decision_id), COLUMNS)


@decision.command("reject")
@click.argument("decision_id", metavar="DECISION")
@because("mistake")
@acting_as("approver", "issuer")
def reject_decision(session: Session, decision_id: str, reason: str) -> None:
    """Reject what was proposed; an issuer may withdraw their own proposal."""
    session.answer(session.municipality().decisions.reject(decision_id, reason), COLUMNS)
