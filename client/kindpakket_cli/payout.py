"""`kindpakket payout …`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.contract import Refused, Wrong, group, not_as_it_should_be
from kindpakket_cli.output import complain, confirm, counted, note, print_table
from kindpakket_cli.payees import masked, payee_warnings, sentence
from kindpakket_cli.payout_export import export
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import MUNICIPALITY, Session, acting_as

if TYPE_CHECKING:
    from kindpakket.backoffice.payout.candidates import LeftOut
    from kindpakket.backoffice.payout.standing import Standing
    from kindpakket.ledger.records import Settlement
    from kindpakket.municipality import Municipality

schemes_option = click.option(
    "--scheme",
    "schemes",
    metavar="SCHEME",
    multiple=True,
    help="Only of this scheme; repeat for more.  [default: all]",
)


@group("payout")
def payout() -> None:
    """Money out in all schemes: draft what is due, approve it, write the payment file.

    A run has three steps by two persons: run, approve (another person), export. Each can be interrupted and
    run again.
    """


payout.add_command(export)


@payout.command("run")
@schemes_option
@click.option("--dry-run", is_flag=True, help="Show what is due, and change nothing.")
@register_options(required=False)
@acting_as("treasurer", "issuer")
def run(session: Session, place: RegisterPlace | None, schemes: tuple[str, ...], dry_run: bool) -> None:
    """Draft a settlement of everything that is due, in all schemes.

    Shops that are suspended, whose payout is frozen or whose account is being changed are left out, with the
    reason. With the register, payees whose name the bank did not recognise are pointed out.

    Ends with 1 when the ledger refused to draft a settlement.
    """
    from kindpakket.backoffice.payout.candidates import waiting
    from kindpakket.backoffice.payout.drafting import draft, due

    municipality = session.municipality(closing=not dry_run)
    found = due(municipality, schemes)
    if dry_run:
        warnings = payee_warnings(session, place, municipality, (each.shop for each in found.settlements))
        rows = [(each.scheme, each.shop, each.why, each.cents) for each in found.settlements]
        if session.as_json:
            due_now = [each.as_json() for each in found.settlements]
            session.answer({"due": due_now, **_rest(rows, found.left_out, warnings)})
            return
        _print_rows("Due, not drafted yet", ("scheme", "shop", "by"), rows)
        _print_rest(found.left_out, warnings)
        return
    with counted(len(found.settlements), "Drafting") as progress:
        drafted = draft(municipality, found, progress)
    all_drafted = waiting(municipality, "drafted", "", schemes)
    warnings = payee_warnings(session, place, municipality, (each["shop"] for each in all_drafted.ready))
    rows = [(each["id"], each["shop"], each["through"], each["cents"]) for each in drafted.settlements]
    if session.as_json:
        session.answer(
            {
                "drafted": list(drafted.settlements),
                **_rest(rows, drafted.left_out, warnings),
                "to_approve": {"settlements": len(all_drafted.ready), "cents": all_drafted.cents},
            }
        )
    else:
        _print_rows("Drafted", ("settlement", "shop", "through"), rows)
        _print_rest(drafted.left_out, warnings)
        if all_drafted.ready:
            click.echo(
                f"{_settlements(len(all_drafted.ready))} of {euros(all_drafted.cents)} to approve, by "
                "another person: kindpakket payout approve"
            )
    if any(left.why == "refused" for left in drafted.left_out):
        not_as_it_should_be()


@payout.command("approve")
@schemes_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@register_options(required=False)
@acting_as("approver")
def approve(session: Session, place: RegisterPlace | None, schemes: tuple[str, ...], yes: bool) -> None:
    """Approve the settlements that another person drafted, in all schemes, after they were shown.

    What you drafted yourself is left out, and shops that may not be paid now. Approve some alone with
    settlement approve. If it is interrupted, run it again.

    Ends with 1 when the ledger refused one.
    """
    from kindpakket.backoffice.payout.candidates import LeftOut, waiting
    from kindpakket.ledger.refusals import Refusal

    municipality = session.municipality()
    found = waiting(municipality, "drafted", session.official, schemes)
    warnings = payee_warnings(session, place, municipality, (each["shop"] for each in found.ready))
    if not session.as_json:
        _print_rows(
            "To approve",
            ("settlement", "shop", "through", "account"),
            _with_accounts(municipality, found.ready),
        )
        _print_rest(found.left_out, warnings)
    if found.ready:
        confirm(f"Approve {_settlements(len(found.ready))} of {euros(found.cents)}?", yes)
    approved: list[Settlement] = []
    left_out = list(found.left_out)
    with counted(len(found.ready), "Approving") as progress:
        for record in found.ready:
            try:
                approved.append(municipality.settlements.approve(record["scheme"], record["id"]))
            except Refusal as error:
                left_out.append(
                    LeftOut(
                        record["scheme"], record["shop"], record["cents"], "refused", str(error), record["id"]
                    )
                )
            if progress:
                progress(1)
    refused = [left for left in left_out if left.why == "refused"]
    if session.as_json:
        rows = [(each["id"], each["shop"], each["cents"]) for each in approved]
        session.answer({"approved": approved, **_rest(rows, left_out, warnings)})
    else:
        for left in refused:
            complain(f"settlement {left.settlement}: {left.reason}")
        total = euros(sum(each["cents"] for each in approved))
        click.echo(f"{_settlements(len(approved))} of {total} approved.")
    if refused:
        not_as_it_should_be()


@payout.command("status")
@schemes_option
@register_options(required=False)
@acting_as(*MUNICIPALITY)
def status(session: Session, place: RegisterPlace | None, schemes: tuple[str, ...]) -> None:
    """Show where the money is: due, drafted, approved, on its way to the bank.

    With the register, also the payment files that the bank has not answered in full. Ends with 1 when the
    export of a file was interrupted.
    """
    from kindpakket.backoffice.payout.standing import standing

    files = []
    if place is not None and place.exists:
        from kindpakket.backoffice.payout.exporting import kept_payments

        with place.open(session, "payout-status", "payment") as register:
            files = kept_payments(register.bank)
    found = standing(session.municipality(closing=False), files, schemes)
    if session.as_json:
        session.answer(
            {
                "stages": [stage.as_json() for stage in found.stages],
                "left_out": [left.as_json() for left in found.left_out],
                "files": [each.as_json() for each in found.files],
            }
        )
    else:
        _print_standing(found)
        if place is None:
            note("no register was named, so payment files are not shown: give --register")
    if any(each.file.state == "made" for each in found.files):
        not_as_it_should_be()


@payout.command("cancel")
@click.argument("sha256", metavar="SHA256")
@click.option("--reason", default="not-sent", show_default=True, help="Why: a code.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@register_options()
@acting_as("treasurer")
def cancel(session: Session, place: RegisterPlace, sha256: str, reason: str, yes: bool) -> None:
    """Give up a payment file that the bank does not have: what it would have paid is open again.

    Its settlements are booked as rejected. The next run drafts them anew. If it is interrupted, run it again.
    """
    from kindpakket.backoffice.payout.exporting import ExportStopped, kept_payments
    from kindpakket.backoffice.payout.exporting import cancel as cancel_file

    municipality = session.municipality()
    with place.open(session, "payout", "payment") as register:
        files = {file.sha256: file for file in kept_payments(register.bank)}
        if sha256 not in files:
            raise Wrong(f"the register has no payment file {sha256}: see kindpakket payout status")
        if not files[sha256].parts:
            raise Wrong(f"the payment file {sha256} was made elsewhere: book its settlements one by one")
        confirm("The bank does not have this file, and will not get it?", yes)
        try:
            reopened = cancel_file(municipality, register.bank, files[sha256], reason)
        except ExportStopped as error:
            raise Refused(str(error), "EXPORT_STOPPED", sha256=error.sha256) from error
    session.answer(
        {
            "sha256": sha256,
            "settlements": len(reopened),
            "cents": sum(record["cents"] for record in reopened),
        }
    )


def _rest(
    rows: Sequence[tuple[object, ...]],
    left_out: Iterable[LeftOut],
    warnings: Sequence[dict[str, object]],
) -> dict[str, object]:
    """The members that the answers in JSON share; the last cell of a row is its amount in cents."""
    return {
        "settlements": len(rows),
        "cents": sum(int(str(row[-1])) for row in rows),
        "left_out": [left.as_json() for left in left_out],
        "payee_warnings": list(warnings),
    }


def _with_accounts(
    municipality: Municipality, settlements: Iterable[Settlement]
) -> list[tuple[str, str, str, str, int]]:
    """Rows with the account that is going to be paid: who decides sees what is decided."""
    rows = []
    for record in settlements:
        account = municipality.shops.account(record["shop"])
        shown = f"{masked(account['iban'])} of {account['holder']}"
        rows.append((record["id"], record["shop"], record["through"], shown, record["cents"]))
    return rows


def _print_rows(title: str, headings: Sequence[str], rows: Sequence[tuple[str | int, ...]]) -> None:
    """Print rows whose last cell is an amount in cents, and their sum."""
    if not rows:
        click.echo(f"{title}: nothing.")
        return
    cells = [(*map(str, row[:-1]), euros(int(row[-1]))) for row in rows]
    total = ("total", *[""] * (len(headings) - 1), euros(sum(int(row[-1]) for row in rows)))
    print_table((*headings, "amount"), [*cells, total], title)


def _print_rest(left_out: Sequence[LeftOut], warnings: Iterable[dict[str, object]]) -> None:
    if left_out:
        print_table(
            ("shop", "scheme", "amount", "why"),
            [(left.shop, left.scheme, euros(left.cents), left.reason) for left in left_out],
            "Left out",
        )
    for warning in warnings:
        complain(sentence(warning))


def _print_standing(found: Standing) -> None:
    waits_for = {
        "due": "payout run",
        "drafted": "payout approve, by another person",
        "approved": "payout export",
        "exported": "the bank",
    }
    print_table(
        ("stage", "settlements", "amount", "waits for"),
        [
            (stage.name, str(stage.settlements), euros(stage.cents), waits_for[stage.name])
            for stage in found.stages
        ],
    )
    if found.files:
        print_table(
            ("file", "pays on", "payments", "amount", "open"),
            [
                (
                    each.file.sha256,
                    str(each.file.members.get("execution_date", "-")),
                    str(each.file.members.get("payments", "-")),
                    euros(each.file.members.get("cents", 0)),
                    str(each.states["exported"]),
                )
                for each in found.files
            ],
            "Payment files that the bank has not answered in full",
        )
    _print_rest(found.left_out, ())
    for each in found.files:
        if each.file.state == "made":
            complain(
                f"the export of {each.file.sha256} was interrupted: run kindpakket payout export again, "
                "before anything else"
            )


def _settlements(count: int) -> str:
    return f"{count} settlement{'s' * (count != 1)}"
