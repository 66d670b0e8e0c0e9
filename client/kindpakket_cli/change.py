"""`kindpakket scheme …`: changes that one person proposes and another person decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.files import READABLE, read_rules
from kindpakket_cli.session import READERS, Session, acting_as, because


def _what(change: dict[str, Any]) -> str:
    if change["kind"] == "budget":
        if "remove_cents" in change:
            return f"{euros(change['remove_cents'])} less"
        return f"{euros(change['add_cents'])} more"
    if change["kind"] == "rules":
        version = f"version {change['version']}" if "version" in change else "rules"
        return f"{version} for {change['applies_to']} vouchers"
    return "permanently"


_COLUMNS = {
    "change": lambda change: change["id"],
    "kind": lambda change: change["kind"],
    "state": lambda change: change["state"],
    "reason": lambda change: change["reason"],
    "proposed by": lambda change: change["proposed_by"],
    "decided by": lambda change: change.get("decided_by", "-"),
    "what": _what,
}


@click.command("changes")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*READERS)
def list_changes(session: Session, scheme_id: str) -> None:
    """List all proposed changes of a scheme."""
    session.answer(list(session.reader().schemes.changes(scheme_id)), _COLUMNS)


@click.command("rules")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("version", type=click.IntRange(min=1))
@acting_as(*READERS)
def show_rules(session: Session, scheme_id: str, version: int) -> None:
    """Show one version of a scheme's rules; `show` has the newest."""
    session.answer(session.reader().schemes.rules(scheme_id, version))


@click.command("propose-rules")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("rules_file", metavar="RULES", type=READABLE)
@click.option(
    "--applies-to",
    type=click.Choice(["new", "all"]),
    required=True,
    help="Only vouchers issued from then on (new), or existing ones as well (all).",
)
@because("council-decision")
@acting_as("issuer")
def propose_rules(
    session: Session, scheme_id: str, rules_file: Path, applies_to: Literal["new", "all"], reason: str
) -> None:
    """Propose new rules: RULES is a YAML or JSON file with all of them (docs/transactions.md)."""
    rules = read_rules(rules_file)
    session.answer(
        session.municipality().schemes.propose_rules(scheme_id, rules, applies_to, reason), _COLUMNS
    )


@click.command("propose-budget")
@click.argument("scheme_id", metavar="SCHEME")
@click.option("--add-cents", type=click.IntRange(min=1), help="The amount to add, in euro cents.")
@click.option(
    "--remove-cents",
    type=click.IntRange(min=1),
    help="The amount to remove, in euro cents: at most what is unallocated.",
)
@because("council-decision")
@acting_as("issuer")
def propose_budget(
    session: Session, scheme_id: str, add_cents: int | None, remove_cents: int | None, reason: str
) -> None:
    """Propose a larger budget, or a smaller one."""
    if (add_cents is None) == (remove_cents is None):
        raise click.UsageError("give either --add-cents or --remove-cents")
    cents = (add_cents or 0) - (remove_cents or 0)
    session.answer(session.municipality().schemes.propose_budget(scheme_id, cents, reason), _COLUMNS)


@click.command("propose-closing")
@click.argument("scheme_id", metavar="SCHEME")
@because("period-over")
@acting_as("issuer")
def propose_closing(session: Session, scheme_id: str, reason: str) -> None:
    """Propose to close a scheme permanently; what is left on vouchers then lapses."""
    session.answer(session.municipality().schemes.propose_closing(scheme_id, reason), _COLUMNS)


@click.command("approve-change")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("change_id", metavar="CHANGE")
@acting_as("approver")
def approve_change(session: Session, scheme_id: str, change_id: str) -> None:
    """Approve a change that another person proposed; it takes effect at once."""
    session.answer(session.municipality().schemes.approve_change(scheme_id, change_id), _COLUMNS)


@click.command("reject-change")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("change_id", metavar="CHANGE")
@because("mistake")
@acting_as("approver", "issuer")
def reject_change(session: Session, scheme_id: str, change_id: str, reason: str) -> None:
    """Reject a proposed change; an issuer may withdraw their own."""
    session.answer(session.municipality().schemes.reject_change(scheme_id, change_id, reason), _COLUMNS)


COMMANDS = (
    list_changes,
    show_rules,
    propose_rules,
    propose_budget,
    propose_closing,
    approve_change,
    reject_change,
)
"""Commands of the group `scheme`."""
