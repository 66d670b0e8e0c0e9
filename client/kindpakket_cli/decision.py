"""`kindpakket decision …`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import click

from kindpakket_cli.contract import group
from kindpakket_cli.session import READERS, Session, acting_as, because


def _about(decision: dict[str, Any]) -> str:
    if decision["kind"] == "shop-end":
        return f"shop {decision['shop']}"
    if decision["kind"] == "freeing":
        return f"{len(decision['entitlements'])} entitlements"
    return f"{len(decision['vouchers'])} vouchers"


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
    """Decide on what another person proposed: revocations, ends of shops, freed entitlements.

    They are proposed by `voucher propose-revocation`, `voucher propose-freeing` and `shop propose-end`.
    """


@decision.command("list")
@click.option("--all", "every", is_flag=True, help="Those that have been taken as well.")
@acting_as(*READERS)
def list_decisions(session: Session, every: bool) -> None:
    """List the decisions that wait for another person."""
    decisions = session.reader().decisions.list()
    session.answer([found for found in decisions if every or found["state"] == "proposed"], COLUMNS)


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
