"""`kindpakket organisation …`."""

from __future__ import annotations

from typing import Literal

import click

from kindpakket_cli.session import Session, acting_as, because

_COLUMNS = {
    "organisation": lambda found: found["msp"],
    "kind": lambda found: found["kind"],
    "state": lambda found: found["state"],
    "change": lambda found: found["change"],
    "reason": lambda found: found["reason"],
    "proposed by": lambda found: found["proposed_by"],
    "decided by": lambda found: found.get("decided_by", "-"),
}


@click.group()
def organisation() -> None:
    """Organisations of the channel: those that were named, and further ones that join."""


@organisation.command("show")
@acting_as("issuer", "approver", "treasurer", "auditor")
def show_organisations(session: Session) -> None:
    """Show the organisations in which roles count."""
    session.answer(session.municipality().organisations.show())


@organisation.command("list")
@acting_as("issuer", "approver", "treasurer", "auditor")
def list_organisations(session: Session) -> None:
    """List all organisations that were proposed after the first ones were named."""
    session.answer(session.municipality().organisations.list(), _COLUMNS)


@organisation.command("propose")
@click.argument("msp", metavar="MSP")
@click.option("--kind", type=click.Choice(["shops", "auditors"]), required=True, help="What it is.")
@click.option(
    "--accounts",
    metavar="COLLECTION",
    help="Where the accounts of its shops are kept; default: with those of the others.",
)
@because("new-member")
@acting_as("issuer", "approver")
def propose_organisation(
    session: Session, msp: str, kind: Literal["shops", "auditors"], accounts: str | None, reason: str
) -> None:
    """Propose a further organisation, which the channel and the chaincode's definition have already."""
    municipality = session.municipality()
    session.answer(municipality.organisations.propose(msp, kind, reason, accounts=accounts), _COLUMNS)


@organisation.command("approve")
@click.argument("msp", metavar="MSP")
@click.argument("change_id", metavar="CHANGE")
@acting_as("approver")
def approve_organisation(session: Session, msp: str, change_id: str) -> None:
    """Let roles count in an organisation that another person proposed."""
    session.answer(session.municipality().organisations.approve(msp, change_id), _COLUMNS)


@organisation.command("reject")
@click.argument("msp", metavar="MSP")
@click.argument("change_id", metavar="CHANGE")
@because("unknown")
@acting_as("approver", "issuer")
def reject_organisation(session: Session, msp: str, change_id: str, reason: str) -> None:
    """End the proposal of an organisation."""
    session.answer(session.municipality().organisations.reject(msp, change_id, reason), _COLUMNS)
