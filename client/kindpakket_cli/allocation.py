"""`kindpakket allocation …`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from kindpakket.ledger.days import AMSTERDAM
from kindpakket.ledger.money import euros
from kindpakket_cli.contract import Refused, Waits, group
from kindpakket_cli.session import MUNICIPALITY, READERS, Session, acting_as, because

if TYPE_CHECKING:
    from kindpakket.ledger.records import Allocation

_COLUMNS = {
    "allocation": lambda allocation: allocation["id"],
    "use": lambda allocation: allocation["use"],
    "state": lambda allocation: allocation["state"],
    "vouchers": lambda allocation: f"{allocation['used_vouchers']} of {allocation['vouchers']}",
    "amount": lambda allocation: euros(allocation["cents"]),
    "file": lambda allocation: allocation.get("file_commitment", "-")[:16],
    "reason": lambda allocation: allocation["reason"],
    "proposed by": lambda allocation: allocation["proposed_by"],
    "expires": lambda allocation: _moment(allocation["expires_at"]),
}


def _moment(instant: int) -> str:
    return datetime.fromtimestamp(instant, AMSTERDAM).strftime("%Y-%m-%d %H:%M")


@group("allocation")
def allocation() -> None:
    """Allocations: what may be issued or topped up; list, show, approve, reject, withdraw."""


@allocation.command("list")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*READERS)
def list_allocations(session: Session, scheme_id: str) -> None:
    """List the allocations of a scheme."""
    session.answer(list(session.reader().allocations.list(scheme_id)), _COLUMNS)


@allocation.command("show")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("allocation_id", metavar="ALLOCATION")
@acting_as(*READERS)
def show_allocation(session: Session, scheme_id: str, allocation_id: str) -> None:
    """Show an allocation."""
    session.answer(session.reader().allocations.show(scheme_id, allocation_id))


@allocation.command("approve")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("allocation_id", metavar="ALLOCATION")
@acting_as("approver")
def approve_allocation(session: Session, scheme_id: str, allocation_id: str) -> None:
    """Approve an allocation that another person proposed; its amount is reserved at once."""
    session.answer(session.municipality().allocations.approve(scheme_id, allocation_id), _COLUMNS)


@allocation.command("reject")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("allocation_id", metavar="ALLOCATION")
@because("unclear")
@acting_as("approver", "issuer")
def reject_allocation(session: Session, scheme_id: str, allocation_id: str, reason: str) -> None:
    """Reject a proposed allocation; an approver, or whoever proposed it."""
    session.answer(session.municipality().allocations.reject(scheme_id, allocation_id, reason), _COLUMNS)


@allocation.command("withdraw")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("allocation_id", metavar="ALLOCATION")
@because("moved-away")
@acting_as(*MUNICIPALITY)
def withdraw_allocation(session: Session, scheme_id: str, allocation_id: str, reason: str) -> None:
    """End an approved allocation; what is left of it returns to the budget, also after it has expired."""
    session.answer(session.municipality().allocations.withdraw(scheme_id, allocation_id, reason), _COLUMNS)


def allocation_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of the allocation that it may propose."""
    days = click.option(
        "--days",
        type=click.IntRange(1, 366),
        default=30,
        show_default=True,
        help="How long an allocation that is proposed can be approved and drawn on.",
    )
    again = click.option(
        "--again", is_flag=True, help="Propose anew what was rejected or withdrawn, or has expired."
    )
    return days(again(command))


def waits_for(allocations: Sequence[Allocation], done: str = "") -> Waits:
    """The ending of a command that proposed an allocation, or found that nobody has approved it yet."""
    sentences = [
        f"Allocation {allocation['id']}, proposed by {allocation['proposed_by']}, is for "
        f"{allocation['vouchers']} {'vouchers' if allocation['use'] == 'issue' else 'top-ups'} and "
        f"{euros(allocation['cents'])}{_file(allocation)}. Another person has to approve it before "
        f"{_moment(allocation['expires_at'])}, with\n"
        f"  kindpakket allocation approve {allocation['scheme']} {allocation['id']}"
        for allocation in allocations
    ]
    return Waits(
        "\n".join([*filter(None, [done]), *sentences, "Then run this command again."]),
        allocations=[
            {
                **{name: allocation[name] for name in ("id", "vouchers", "cents", "expires_at")},
                "file_commitment": allocation.get("file_commitment"),
            }
            for allocation in allocations
        ],
    )


def _file(allocation: Allocation) -> str:
    commitment = allocation.get("file_commitment")
    return f", for the file with the commitment {commitment}" if commitment else ""


def over(allocation: Allocation, command: str = "") -> Refused:
    """The ending of a command that found its allocation rejected, withdrawn or expired.

    Args:
        allocation: the allocation.
        command: what proposes it anew; default: the command itself, with `--again`.
    """
    if allocation["state"] == "rejected":
        state = f"was rejected by {allocation['decided_by']} ({allocation['reject_reason']})"
    elif allocation["state"] == "withdrawn":
        state = f"was withdrawn by {allocation['withdrawn_by']} ({allocation['withdraw_reason']})"
    else:
        state = f"expired on {_moment(allocation['expires_at'])}"
    return Refused(
        f"allocation {allocation['id']} {state}: run {command or 'this command with --again'} to propose it "
        "anew",
        "ALLOCATION_OVER",
        allocation=allocation["id"],
    )
