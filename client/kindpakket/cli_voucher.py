"""`kindpakket voucher …`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kindpakket import citizens
from kindpakket.cli_session import Session, Wrong, acting_as
from kindpakket.money import euros
from kindpakket.municipality import BULK
from kindpakket.register import Register

_READERS = ("issuer", "approver", "treasurer", "auditor")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def voucher() -> None:
    """Vouchers: issue, activate, block, look up."""


@voucher.command("list")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*_READERS)
def list_vouchers(session: Session, scheme_id: str) -> None:
    """List the vouchers of a scheme."""
    session.answer(
        list(session.municipality().vouchers(scheme_id)),
        {
            "voucher": lambda found: found["id"],
            "state": lambda found: found["state"],
            "bound to": lambda found: (found["authorisation"] or {"kind": "-"})["kind"],
            "issued": lambda found: euros(found["issued_cents"]),
            "spent": lambda found: euros(found["spent_cents"]),
            "available": lambda found: euros(found["available_cents"]),
        },
    )


@voucher.command("show")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@acting_as(*_READERS)
def show_voucher(session: Session, scheme_id: str, voucher_id: str) -> None:
    """Show a voucher."""
    session.answer(session.municipality().voucher(scheme_id, voucher_id))


@voucher.command("allowance")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@acting_as("cashier", "shopkeeper")
def allowance(session: Session, scheme_id: str, voucher_id: str) -> None:
    """Show what a voucher may buy now at the own shop."""
    session.answer(session.shop().allowance(scheme_id, voucher_id))


@voucher.command("issue")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("children", metavar="CSV", type=_FILE)
@click.option("--period", required=True, help="What a child gets one voucher for, such as 2026.")
@click.option(
    "--register",
    "register_file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The municipality's own register, an SQLite file; made if it is not there.",
)
@acting_as("issuer")
def issue(session: Session, scheme_id: str, children: Path, period: str, register_file: Path) -> None:
    """Issue a voucher to each child in a CSV file. Safe to run again with the same file."""
    entitled = citizens.read_file(children)
    municipality = session.municipality()
    cents = vouchers = 0
    with Register(register_file) as register:
        for bulk in register.enrol(scheme_id, period, entitled):
            municipality.record_cases(scheme_id, [entry.case_record() for entry in bulk.entries])
            allocations = [entry.allocation() for entry in bulk.entries]
            answer = municipality.issue(scheme_id, allocations, request_id=bulk.request_id)
            cents += answer["issued_cents"]
            vouchers += len(answer["vouchers"])
    session.answer({"scheme": scheme_id, "vouchers": vouchers, "issued_cents": cents})


@voucher.command("activate")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("activations_file", metavar="FILE", type=_FILE)
@acting_as("issuer")
def activate(session: Session, scheme_id: str, activations_file: Path) -> None:
    """Bind vouchers to their holders' keys or booklets.

    FILE holds a JSON list of activations, as HolderKey.activate and Booklet.activate make them.
    """
    try:
        activations = json.loads(activations_file.read_bytes())
    except ValueError as error:
        raise Wrong(f"{activations_file} is not JSON: {error}") from error
    if not isinstance(activations, list):
        raise Wrong(f"{activations_file} holds no list of activations")
    municipality = session.municipality()
    done: list[str] = []
    for at in range(0, len(activations), BULK):
        done += municipality.activate(scheme_id, activations[at : at + BULK])["vouchers"]
    session.answer({"scheme": scheme_id, "vouchers": done})


@voucher.command("block")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@click.option("--reason", required=True, help="A code, such as `lost`.")
@acting_as("issuer", "approver")
def block(session: Session, scheme_id: str, voucher_id: str, reason: str) -> None:
    """Stop a voucher's spending at once."""
    session.answer(session.municipality().block(scheme_id, voucher_id, reason))


@voucher.command("unblock")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@click.option("--reason", required=True, help="A code, such as `found`.")
@acting_as("approver")
def unblock(session: Session, scheme_id: str, voucher_id: str, reason: str) -> None:
    """Give a blocked voucher back; by another person than who blocked it."""
    session.answer(session.municipality().unblock(scheme_id, voucher_id, reason))
