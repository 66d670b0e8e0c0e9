"""`kindpakket payout export`: the payment file for the bank."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.contract import Refused, Waits, Wrong
from kindpakket_cli.output import complain, note, print_table
from kindpakket_cli.payees import payee_warnings, sentence
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import Session, acting_as

if TYPE_CHECKING:
    from kindpakket.backoffice.payout.candidates import Waiting
    from kindpakket.backoffice.payout.exporting import KeptPayments
    from kindpakket.backoffice.payout.settings import PayoutSettings
    from kindpakket.backoffice.register import BankBooks
    from kindpakket.municipality import Municipality

_SCHEMAS = ("pain.001.001.09", "pain.001.001.03")


@click.command("export")
@click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.",
)
@click.option(
    "--scheme",
    "schemes",
    metavar="SCHEME",
    multiple=True,
    help="Only of this scheme; repeat for more.  [default: all]",
)
@click.option(
    "--settings",
    "settings_file",
    metavar="FILE",
    envvar="KINDPAKKET_PAYOUT_SETTINGS",
    show_envvar=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="A YAML file with accounts, remittance text, references, schema; options come before it.",
)
@click.option("--name", help="The holder of the municipality's account.")
@click.option("--iban", help="The IBAN of the municipality's account.")
@click.option("--bic", help="The BIC of the municipality's bank.")
@click.option(
    "--execution-date",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which the bank is to pay.  [default: the next day on which TARGET is open]",
)
@click.option(
    "--remittance",
    metavar="TEMPLATE",
    help="What shops read on their statement, with the fields {scheme}, {settlement}, {period}, {through} "
    "and {reference}.  [default: {scheme} t/m {through} {reference}]",
)
@click.option(
    "--shop-reference",
    "references",
    metavar="SHOP=TEXT",
    multiple=True,
    help="A shop's own reference, for {reference}; repeat for more.",
)
@click.option(
    "--schema",
    type=click.Choice(_SCHEMAS),
    help="The file's schema.  [default: pain.001.001.09]",
)
@click.option("--batch-booking", is_flag=True, help="Ask the bank for one entry for all payments.")
@click.option(
    "--again",
    metavar="SHA256",
    help="Write the exported file with this hash again; the ledger stays as it is.",
)
@click.option(
    "--created-at",
    metavar="INSTANT",
    help="With --again, for a file that the register does not have: the instant that the export answered "
    "with, such as 2026-11-24T12:00:00+00:00.",
)
@click.option(
    "--layout",
    type=click.IntRange(1, 2),
    default=2,
    show_default=True,
    help="With --again and --created-at: 1 for a file of version 0.4.",
)
@register_options(may_be_new=True)
@acting_as("treasurer")
def export(
    session: Session,
    /,
    *,
    place: RegisterPlace,
    path: Path,
    schemes: tuple[str, ...],
    again: str | None,
    created_at: str | None,
    layout: int,
    execution_date: datetime | None,
    **form: Any,
) -> None:
    """Write approved settlements of all schemes to one payment file (pain.001), and mark them with its hash.

    Those of shops that are suspended, whose payout is frozen or whose account is being changed are left out,
    with the reason, and those that you approved. Accounts are compared with what two persons agreed on,
    before the file is made and once more when the ledger has marked it.

    The file gets its name once the ledger has marked all its settlements; until then its name ends in .part.
    If it is interrupted, run it again: it finishes the file that it had begun. The register keeps the file.

    Ends with 5 when nothing is approved and something waits for that.
    """
    from kindpakket.backoffice.payout.release import check_path
    from kindpakket.ledger.days import today

    if again is None and (created_at is not None or layout != 2):
        raise Wrong("--created-at and --layout are for --again: a new file has its own instant and layout")
    settings = _settings(form)
    municipality = session.municipality()
    with place.open(session, "payout", "payment") as register:
        if again is not None:
            check_path(path)
            day = execution_date.date() if execution_date else None
            _again(
                session,
                municipality,
                register.bank,
                path,
                again,
                _recomputed(settings, created_at, day, layout),
            )
            return
        file = _unfinished(register.bank)
        if file is not None:
            note(f"finishing the file {file.sha256}, whose export was interrupted")
            _finish(municipality, register.bank, file, path)
            if file.members["execution_date"] < today().isoformat():
                note(
                    f"its day of payment, {file.members['execution_date']}, is over: ask the bank whether it "
                    "takes the file, or give it up with kindpakket payout cancel"
                )
            _answer(session, path, file, resumed=True)
            return
        done = _exported(register.bank, path)
        if done is None:
            check_path(path)
        day = _execution_date(execution_date)
        found = _approved(session, municipality, schemes)
        if done is not None and not found.ready:  # interrupted when all was done
            _answer(session, path, done, resumed=True)
            return
        check_path(path)
        warnings = payee_warnings(session, place, municipality, (each["shop"] for each in found.ready))
        if not session.as_json:
            _print_left_out(found)
            for warning in warnings:
                complain(sentence(warning))
        more = {"left_out": [left.as_json() for left in found.left_out], "payee_warnings": warnings}
        if not found.ready:
            session.answer({"file": None, "payments": 0, "cents": 0, **(more if session.as_json else {})})
            return
        file = _made(municipality, register.bank, found, settings, day, path)
        _finish(municipality, register.bank, file, path)
        _answer(session, path, file, **(more if session.as_json else {}))


def _settings(form: Mapping[str, Any]) -> PayoutSettings:
    """The settings of the file, and what options say instead.

    Raises:
        Wrong: a part of the account is missing, or a reference is malformed.
        SettingsError: the file cannot be used.
    """
    from dataclasses import replace

    from kindpakket.backoffice.payments.remittance import Template
    from kindpakket.backoffice.payout.settings import PayoutSettings
    from kindpakket.backoffice.sepa import Debtor

    settings = (
        PayoutSettings() if form["settings_file"] is None else PayoutSettings.load(form["settings_file"])
    )
    account = [form["name"], form["iban"], form["bic"]]
    if any(account):
        if not all(account):
            raise Wrong("give --name, --iban and --bic together: they are one account")
        settings = replace(settings, debtor=Debtor(*account))
    if form["remittance"] is not None:
        Template(form["remittance"])
        settings = replace(settings, remittance=form["remittance"])
    return replace(
        settings,
        references={**settings.references, **_references(form["references"])},
        schema=form["schema"] or settings.schema,
        batch_booking=form["batch_booking"] or settings.batch_booking,
    )


def _references(given: tuple[str, ...]) -> dict[str, str]:
    references: dict[str, str] = {}
    for each in given:
        shop, equals, text = each.partition("=")
        if not (shop and equals and text.strip()):
            raise Wrong(f"--shop-reference {each!r} is not SHOP=TEXT")
        if shop in references:
            raise Wrong(f"--shop-reference gives two for shop {shop}: give one")
        references[shop] = text
    return references


def _execution_date(given: datetime | None) -> date:
    from kindpakket.backoffice.payments.days import next_target_day
    from kindpakket.ledger.days import today

    if given is None:
        return next_target_day(today())
    if given.date() < today():
        raise Wrong(
            f"--execution-date {given.date()} is over: give {next_target_day(today())} or leave it out"
        )
    return given.date()


def _approved(session: Session, municipality: Municipality, schemes: tuple[str, ...]) -> Waiting:
    """What can be exported.

    Raises:
        Waits: nothing, and something waits to be approved.
    """
    from kindpakket.backoffice.payout.candidates import waiting

    found = waiting(municipality, "approved", session.official, schemes)
    if not found.ready and not found.left_out:
        drafted = waiting(municipality, "drafted", "", schemes)
        if drafted.ready:
            raise Waits(
                f"nothing is approved: {len(drafted.ready)} of {euros(drafted.cents)} drafted, which another "
                "person approves with kindpakket payout approve"
            )
    return found


def _made(
    municipality: Municipality,
    books: BankBooks,
    found: Waiting,
    settings: PayoutSettings,
    day: date,
    path: Path,
) -> KeptPayments:
    from kindpakket.backoffice.payout.composing import Form, compose
    from kindpakket.backoffice.payout.exporting import keep

    form = Form(settings, datetime.now(UTC).replace(microsecond=0), day)
    return keep(books, compose(municipality, found.ready, form), form, path.name)


def _unfinished(books: BankBooks) -> KeptPayments | None:
    from kindpakket.backoffice.payout.exporting import kept_payments

    return next((file for file in kept_payments(books) if file.state == "made"), None)


def _exported(books: BankBooks, path: Path) -> KeptPayments | None:
    """The exported file that is at a path already; None if there is none, or another one."""
    from kindpakket.backoffice.payout.exporting import kept_payments

    if not path.is_file():
        return None
    content = path.read_bytes()
    exported = (file for file in kept_payments(books) if file.state == "exported")
    return next((file for file in exported if file.content == content), None)


def _finish(municipality: Municipality, books: BankBooks, file: KeptPayments, path: Path) -> None:
    from kindpakket.backoffice.payout.exporting import ExportStopped, carry_on

    try:
        carry_on(municipality, books, file, path)
    except ExportStopped as error:
        raise Refused(str(error), "EXPORT_STOPPED", sha256=error.sha256, marked=error.marked) from error


def _answer(session: Session, path: Path, file: KeptPayments, **more: object) -> None:
    session.answer({"file": str(path), "sha256": file.sha256, **file.members, **more})


def _print_left_out(found: Waiting) -> None:
    if found.left_out:
        print_table(
            ("settlement", "shop", "amount", "why"),
            [(left.settlement, left.shop, euros(left.cents), left.reason) for left in found.left_out],
            "Left out",
        )


def _recomputed(
    settings: PayoutSettings, created_at: str | None, day: date | None, layout: int
) -> tuple[PayoutSettings, datetime, date, int] | None:
    """How a file is made once more that the register does not have; None if nobody said."""
    if created_at is None:
        return None
    if day is None:
        raise Wrong("give --execution-date with --created-at: the day of that export")
    try:
        instant = datetime.fromisoformat(created_at)
    except ValueError:
        raise Wrong(
            f"--created-at {created_at!r} is not an instant such as 2026-11-24T12:00:00+00:00"
        ) from None
    if instant.tzinfo is None:
        raise Wrong(f"--created-at {created_at!r} has no time zone: add +00:00 for UTC")
    return settings, instant.astimezone(UTC), day, layout


def _again(
    session: Session,
    municipality: Municipality,
    books: BankBooks,
    path: Path,
    sha256: str,
    recomputed: tuple[PayoutSettings, datetime, date, int] | None,
) -> None:
    """Write a file once more: from the register, or made anew from the ledger and the accounts."""
    from kindpakket.backoffice.payout.exporting import kept_payments
    from kindpakket.backoffice.payout.release import release, write_part

    kept = {file.sha256: file for file in kept_payments(books)}.get(sha256)
    if kept is not None and kept.state == "made":
        raise Wrong(f"the export of {sha256} was interrupted: run kindpakket payout export without --again")
    if kept is not None and kept.state == "cancelled":
        raise Wrong(f"the file {sha256} was cancelled, and its settlements are open again: do not send it")
    settlements = [
        settlement
        for scheme in municipality.schemes.list()
        for settlement in municipality.settlements.list(scheme["id"])
        if settlement.get("file_sha256") == sha256
    ]
    if not settlements:
        raise Wrong(f"no settlement was exported in a file with the hash {sha256}")
    if kept is not None:
        release(write_part(path, kept.content), path)
        _answer(session, path, kept)
        return
    if recomputed is None:
        raise Wrong(
            f"the register does not have the file {sha256}: give --created-at and --execution-date of that "
            "export, and the options that it had"
        )
    from kindpakket.backoffice.payout.composing import Form, compose

    file = compose(municipality, settlements, Form(*recomputed)).file
    if file.sha256 != sha256:
        raise Wrong(
            f"the file would have the hash {file.sha256}, not {sha256}: give the account, the day, the "
            "instant, the remittance text, the schema and the layout of that export; or a shop's account "
            "has changed since; nothing was written"
        )
    release(write_part(path, file.content), path)
    session.answer(
        {
            "file": str(path),
            "sha256": file.sha256,
            "payments": file.payments,
            "cents": file.cents,
            "message_id": file.message_id,
        }
    )
