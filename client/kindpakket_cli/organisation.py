"""`kindpakket organisation …`."""

from __future__ import annotations

from typing import Literal

import click

from kindpakket_cli.contract import group
from kindpakket_cli.decision import COLUMNS as DECISION_COLUMNS
from kindpakket_cli.session import READERS, Session, acting_as, because

_COLUMNS = {
    "organisation": lambda proposal: proposal["msp"],
    "kind": lambda proposal: proposal["kind"],
    "state": lambda proposal: proposal["state"],
    "change": lambda proposal: proposal["change"],
    "reason": lambda proposal: proposal["reason"],
    "proposed by": lambda proposal: proposal["proposed_by"],
    "decided by": lambda proposal: proposal.get("decided_by", "-"),
}


@group("organisation")
def organisation() -> None:
    """Organisations of the channel: list, propose, approve, reject, end."""


@organisation.command("show")
@acting_as(*READERS)
def show_organisations(session: Session) -> None:
    """Show the organisations whose members may have a role, and those that have ended."""
    session.answer(session.reader().organisations.show())


@organisation.command("list")
@acting_as(*READERS)
def list_organisations(session: Session) -> None:
    """List all organisations that were proposed after the first ones."""
    session.answer(session.reader().organisations.list(), _COLUMNS)


@organisation.command("propose")
@click.argument("msp", metavar="MSP")
@click.option(
    "--kind", type=click.Choice(["shops", "auditors"]), required=True, help="What kind of organisation it is."
)
@click.option(
    "--accounts",
    metavar="COLLECTION",
    help="The private collection for its shops' accounts.  [default: the other shops' collection]",
)
@because("new-member")
@acting_as("issuer", "approver")
def propose_organisation(
    session: Session, msp: str, kind: Literal["shops", "auditors"], accounts: str | None, reason: str
) -> None:
    """Propose an organisation that the channel and the chaincode's definition already include."""
    municipality = session.municipality()
    session.answer(municipality.organisations.propose(msp, kind, reason, accounts=accounts), _COLUMNS)


@organisation.command("approve")
@click.argument("msp", metavar="MSP")
@click.argument("change_id", metavar="CHANGE")
@acting_as("approver")
def approve_organisation(session: Session, msp: str, change_id: str) -> None:
    """Approve an organisation that another person proposed; its members may then have a role."""
    session.answer(session.municipality().organisations.approve(msp, change_id), _COLUMNS)


@organisation.command("reject")
@click.argument("msp", metavar="MSP")
@click.argument("change_id", metavar="CHANGE")
@because("unknown")
@acting_as("approver", "issuer")
def reject_organisation(session: Session, msp: str, change_id: str, reason: str) -> None:
    """Reject a proposed organisation."""
    session.answer(session.municipality().organisations.reject(msp, change_id, reason), _COLUMNS)


@organisation.command("propose-end")
@click.argument("msp", metavar="MSP")
@because("left")
@acting_as("issuer", "approver")
def propose_end(session: Session, msp: str, reason: str) -> None:
    """Propose to end an organisation permanently; another person decides, see decision approve.

    Its members then have no role, and no organisation can get its MSP id again. Its shops stay, and are still
    paid. End them as well, with shop propose-end: nobody of theirs can take, refund or release anything.
    """
    session.answer(session.municipality().organisations.propose_end(msp, reason), DECISION_COLUMNS)
