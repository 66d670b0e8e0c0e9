"""`kindpakket voucher …`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kindpakket.ledger.money import euros
from kindpakket_cli import balance, replacement
from kindpakket_cli.allocation import allocation_options, over, waits_for
from kindpakket_cli.batch_words import note_outcomes
from kindpakket_cli.children_file import age_options, mapping_of, read_children, table_options
from kindpakket_cli.contract import group
from kindpakket_cli.files import READABLE, read_json
from kindpakket_cli.output import counted
from kindpakket_cli.page import PageCode, page_options
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import READERS, SELLERS, Hosted, Session, acting_as, hosting


@group("voucher")
def voucher() -> None:
    """Vouchers: issue, activate, block, replace, top up, extend, revoke, lapse, look up."""


@voucher.command("list")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*READERS)
def list_vouchers(session: Session, scheme_id: str) -> None:
    """List the vouchers of a scheme."""
    session.answer(
        list(session.reader().vouchers.list(scheme_id)),
        {
            "voucher": lambda voucher: voucher["id"],
            "state": lambda voucher: voucher["state"],
            "bound to": lambda voucher: (voucher["authorisation"] or {"kind": "-"})["kind"],
            "issued": lambda voucher: euros(voucher["issued_cents"]),
            "spent": lambda voucher: euros(voucher["spent_cents"]),
            "held": lambda voucher: euros(voucher["held_cents"]),
            "available": lambda voucher: euros(voucher["available_cents"]),
        },
    )


@voucher.command("show")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@acting_as(*READERS)
def show_voucher(session: Session, scheme_id: str, voucher_id: str) -> None:
    """Show a voucher."""
    session.answer(session.reader().vouchers.show(scheme_id, voucher_id))


@voucher.command("allowance")
@click.argument("scheme_id", metavar="[SCHEME", required=False)
@click.argument("voucher_id", metavar="VOUCHER]", required=False)
@page_options
@hosting
@acting_as(*SELLERS)
def allowance(
    session: Session, scheme_id: str | None, voucher_id: str | None, code: PageCode, hosted: Hosted
) -> None:
    """Show what a voucher may buy at your shop now, with the next page of the holder's booklet.

    The page is not used up: it may pay afterwards. SCHEME and VOUCHER may be left out, as in payment pay.
    """
    shown = code.read(scheme_id, voucher_id)
    till = session.shop(hosted)
    version = till.binding(shown.scheme, shown.voucher)["version"]
    order = till.allowance_order(shown.scheme, shown.voucher, version=version)
    session.answer(till.allowance(order, shown.page.authorise(order)))


@voucher.command("issue")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("children", metavar="FILE", type=READABLE)
@click.option("--period", required=True, help="The period that a child gets one voucher for, such as 2026.")
@register_options(may_be_new=True)
@age_options
@click.option(
    "--reason", default="intake", show_default=True, help="Why, if an allocation is proposed: a code."
)
@table_options
@allocation_options
@acting_as("issuer")
def issue(
    session: Session,
    scheme_id: str,
    children: Path,
    period: str,
    place: RegisterPlace,
    bands: tuple[str, ...],
    ages_on: datetime | None,
    reason: str,
    days: int,
    again: bool,
    mapping_file: Path | None,
    encoding: str,
    delimiter: str,
    sheet: str,
) -> None:
    """Issue a voucher to each child in FILE, CSV or a spreadsheet, once another person has approved that.

    The first run compares the file with the register, enrols the children who are new, proposes an allocation
    and says who has to approve it; the same command again issues. It is safe to run again with the same file,
    also after an interruption. `kindpakket intake check` shows beforehand how the file is read.
    """
    from kindpakket.backoffice.batches.issuing import issue_approved
    from kindpakket.backoffice.batches.proposing import propose_file
    from kindpakket.backoffice.batches.sums import issued_with

    mapping = mapping_of(mapping_file, encoding, delimiter, sheet)
    rules = session.municipality(closing=False).schemes.show(scheme_id)["rules"]
    with read_children(children, rules, mapping, bands, ages_on) as file:
        municipality = session.municipality()
        with place.open(session, "voucher-issue", reason) as register:
            proposed = propose_file(
                municipality,
                register,
                scheme_id,
                period,
                file,
                rules=rules,
                reason=reason,
                days=days,
                again=again,
                counted=counted,
            )
            note_outcomes(file, proposed)
            bulks = register.batches.bulk_ids_of(proposed.batch.id)
            progress = issue_approved(municipality, register, scheme_id, bulks=bulks, counted=counted)
            vouchers, cents = issued_with(municipality, register, scheme_id, bulks)
    if progress.over:
        raise over(progress.over[0].allocation)
    if progress.waiting:
        raise waits_for(
            [each.allocation for each in progress.waiting],
            f"{vouchers} vouchers have been issued, of {euros(cents)} in all." if vouchers else "",
        )
    session.answer({"scheme": scheme_id, "vouchers": vouchers, "issued_cents": cents})


@voucher.command("activate")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("activations_file", metavar="FILE", type=READABLE)
@acting_as("approver", "issuer")
def activate(session: Session, scheme_id: str, activations_file: Path) -> None:
    """Bind vouchers to their holders' keys or booklets; by someone other than who issued them.

    FILE contains a JSON list of activations, which HolderKey.activate and Booklet.activate make.
    """
    from kindpakket.municipality import bulks

    activations = read_json(activations_file, list, "list of activations")
    municipality = session.municipality()
    done: list[str] = []
    for bulk in bulks(activations):
        done += municipality.vouchers.activate(scheme_id, bulk)["vouchers"]
    session.answer({"scheme": scheme_id, "vouchers": done})


for _command in (*replacement.COMMANDS, *balance.COMMANDS):
    voucher.add_command(_command)
