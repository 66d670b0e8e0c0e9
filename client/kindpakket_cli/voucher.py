"""`kindpakket voucher …`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket.ledger.money import euros
from kindpakket_cli import balance, replacement
from kindpakket_cli.allocation import allocation_options, over, waits_for
from kindpakket_cli.children_file import age_options, ages_of, mapping_of, table_options
from kindpakket_cli.contract import Wrong, group
from kindpakket_cli.files import READABLE, read_json
from kindpakket_cli.output import counted, note
from kindpakket_cli.page import PageCode, page_options
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import READERS, SELLERS, Hosted, Session, acting_as, hosting

if TYPE_CHECKING:
    from kindpakket.backoffice.citizens import Child
    from kindpakket.backoffice.register import Batch, Register
    from kindpakket.ledger.records import Rules


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
    from kindpakket.backoffice import citizens
    from kindpakket.backoffice.issuing import issue_enrolled

    municipality = session.municipality()
    mapping = mapping_of(mapping_file, encoding, delimiter, sheet)
    if not bands:
        citizens.read_file(children, mapping=mapping)  # a file with mistakes asks the ledger for nothing
    rules = municipality.schemes.show(scheme_id)["rules"]
    ages = ages_of(bands, ages_on.date() if ages_on else date.fromisoformat(rules["starts_on"]))
    entitled = citizens.read_file(children, ages, mapping=mapping, rules=rules)
    with place.open(session, "voucher-issue", reason) as register:
        try:
            progress = issue_enrolled(
                municipality,
                register,
                scheme_id,
                register.bulks_of(_enrol(rules, register, scheme_id, period, children, entitled).id),
                reason=reason,
                days=days,
                again=again,
            )
        except ValueError as error:
            raise Wrong(str(error), "FILE") from error
    if progress.over:
        raise over(progress.over[0])
    if progress.waiting:
        raise waits_for(
            progress.waiting,
            f"{progress.vouchers} vouchers have been issued, of {euros(progress.issued_cents)} in all."
            if progress.vouchers
            else "",
        )
    session.answer(
        {"scheme": scheme_id, "vouchers": progress.vouchers, "issued_cents": progress.issued_cents}
    )


def _enrol(
    rules: Rules,
    register: Register,
    scheme: str,
    period: str,
    file: Path,
    children: Sequence[Child],
) -> Batch:
    """Compare the file with the register, say what is new in it, and enrol that."""
    from kindpakket.ledger.lists import cost

    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    with counted(len(children), "Comparing") as progress:
        batch = register.compare(
            scheme,
            period,
            children,
            sha256=sha256,
            cost=lambda child: cost(child.preset, child.units, rules),
            progress=progress,
        )
    counts = ", ".join(f"{count} {outcome}" for outcome, count in batch.counts.items() if count)
    note(f"{file}, SHA-256 {sha256}: {counts}.")
    with counted(len(children), "Enrolling") as progress:
        return register.enrol_batch(batch, children, progress)


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
