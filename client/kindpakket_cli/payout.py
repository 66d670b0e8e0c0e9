"""`kindpakket settlement export`: the payment file for the bank."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import Wrong
from kindpakket_cli.session import Session, acting_as

if TYPE_CHECKING:
    from kindpakket.backoffice.sepa import Debtor, PaymentFile
    from kindpakket.ledger.records import Settlement
    from kindpakket.municipality import Municipality

_SCHEMAS = ("pain.001.001.09", "pain.001.001.03")


@dataclass(frozen=True, slots=True)
class _Form:
    """How the file is written."""

    debtor: Debtor
    created_at: datetime
    execution_date: date
    remittance: str | None
    references: tuple[str, ...]
    schema: str
    batch_booking: bool
    layout: int


@click.command("export")
@click.argument("scheme_id", metavar="SCHEME")
@click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.",
)
@click.option("--name", required=True, help="The holder of the municipality's account.")
@click.option("--iban", required=True, help="The IBAN of the municipality's account.")
@click.option("--bic", required=True, help="The BIC of the municipality's bank.")
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
    "--schema", type=click.Choice(_SCHEMAS), default=_SCHEMAS[0], show_default=True, help="The file's schema."
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
    help="With --again: the instant that the export answered with, such as 2026-11-24T12:00:00+00:00.",
)
@click.option(
    "--layout",
    type=click.IntRange(1, 2),
    default=2,
    show_default=True,
    help="With --again: 1 for a file of version 0.4.",
)
@acting_as("treasurer")
def export(
    session: Session,
    *,
    scheme_id: str,
    path: Path,
    name: str,
    iban: str,
    bic: str,
    execution_date: datetime | None,
    remittance: str | None,
    references: tuple[str, ...],
    schema: str,
    batch_booking: bool,
    again: str | None,
    created_at: str | None,
    layout: int,
) -> None:
    """Write approved settlements, 500 at most, to a payment file (pain.001), and mark them with its hash.

    Those of shops that are suspended or whose payout is frozen are left out. Another person approved them.

    The file gets its name once the ledger has marked the settlements; until then its name ends in .part.
    """
    from kindpakket.backoffice.sepa import Debtor
    from kindpakket.municipality import BULK

    if path.exists():
        raise Wrong(f"{path} already exists: give another file")
    form = _Form(
        debtor=Debtor(name, iban, bic),
        created_at=_created_at(again, created_at),
        execution_date=_execution_date(execution_date, again),
        remittance=remittance,
        references=references,
        schema=schema,
        batch_booking=batch_booking,
        layout=layout,
    )
    if again is None and layout != 2:
        raise Wrong("--layout 1 is for --again: no new files of that layout are made")
    municipality = session.municipality()
    if again is not None:
        settlements = [
            settlement
            for settlement in municipality.settlements.list(scheme_id)
            if settlement.get("file_sha256") == again
        ]
        if not settlements:
            raise Wrong(f"no settlement of scheme {scheme_id} was exported in a file with the hash {again}")
        file = _payment_file(municipality, scheme_id, settlements, form)
        if file.sha256 != again:
            raise Wrong(
                f"the file would have the hash {file.sha256}, not {again}: give the account, the day, the "
                "instant, the remittance text, the schema and the layout of that export; or a shop's account "
                "has changed since; nothing was written"
            )
        part = _write(path, file)
    else:
        frozen = municipality.shops.frozen()
        ready = (
            settlement
            for settlement in municipality.settlements.live(scheme_id)
            if settlement["state"] == "approved" and settlement["shop"] not in frozen
        )
        approved = list(islice(ready, BULK))
        file = _payment_file(municipality, scheme_id, approved, form)
        part = _write(path, file)
        municipality.settlements.export(scheme_id, [settlement["id"] for settlement in approved], file.sha256)
    part.rename(path)
    _sync(path.parent)
    session.answer(
        {
            "file": str(path),
            "payments": file.payments,
            "cents": file.cents,
            "message_id": file.message_id,
            "sha256": file.sha256,
            "execution_date": form.execution_date.isoformat(),
            "created_at": form.created_at.isoformat(),
        }
    )


def _created_at(again: str | None, text: str | None) -> datetime:
    if (again is None) != (text is None):
        raise Wrong("give --created-at with --again, and only then")
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(f"--created-at {text!r} is not an instant such as 2026-11-24T12:00:00+00:00") from None
    if instant.tzinfo is None:
        raise Wrong(f"--created-at {text!r} has no time zone: add +00:00 for UTC")
    return instant.astimezone(UTC)


def _execution_date(given: datetime | None, again: str | None) -> date:
    from kindpakket.backoffice.payments.days import next_target_day
    from kindpakket.ledger.days import today

    if given is None:
        if again is not None:
            raise Wrong("give --execution-date with --again: the day of that export")
        return next_target_day(today())
    if again is None and given.date() < today():
        raise Wrong(
            f"--execution-date {given.date()} is over: give {next_target_day(today())} or leave it out"
        )
    return given.date()


def _payment_file(
    municipality: Municipality, scheme_id: str, settlements: list[Settlement], form: _Form
) -> PaymentFile:
    from kindpakket.backoffice.sepa import CreditTransfer, payment_file

    name = municipality.schemes.show(scheme_id)["rules"]["name"]
    shops = {settlement["shop"] for settlement in settlements}
    accounts = {shop: municipality.shops.account(shop) for shop in shops}
    texts = _texts(name, settlements, form)
    transfers = [
        CreditTransfer(
            settlement=settlement["id"],
            name=accounts[settlement["shop"]]["holder"],
            iban=accounts[settlement["shop"]]["iban"],
            cents=settlement["cents"],
            text=text,
        )
        for settlement, text in zip(settlements, texts, strict=True)
    ]
    return payment_file(
        form.debtor,
        transfers,
        created_at=form.created_at,
        execution_date=form.execution_date,
        schema=form.schema,
        batch_booking=form.batch_booking,
        layout=form.layout,
    )


def _texts(scheme: str, settlements: Sequence[Settlement], form: _Form) -> list[str]:
    """What each shop reads.

    Raises:
        Wrong: a reference is malformed, or a shop has two.
        PaymentFileError: the template, or what it makes of a settlement; all of them.
    """
    from kindpakket.backoffice.payments.remittance import DEFAULT, Remittance, RemittanceError, Template

    if form.layout == 1:
        return [f"{scheme} t/m {settlement['through']}" for settlement in settlements]
    references: dict[str, str] = {}
    for given in form.references:
        shop, equals, text = given.partition("=")
        if not (shop and equals and text.strip()):
            raise Wrong(f"--shop-reference {given!r} is not SHOP=TEXT")
        if shop in references:
            raise Wrong(f"--shop-reference gives two for shop {shop}: give one")
        references[shop] = text
    template = Template(DEFAULT if form.remittance is None else form.remittance)
    texts: list[str] = []
    wrong: list[str] = []
    for settlement in settlements:
        first = settlement["first"]["day"] if "first" in settlement else ""
        reference = references.get(settlement["shop"], "")
        remittance = Remittance(scheme, settlement["id"], first, settlement["through"], reference)
        try:
            texts.append(template.fill(remittance))
        except RemittanceError as error:
            wrong += error.mistakes
    if wrong:
        raise RemittanceError(*wrong)
    return texts


def _write(path: Path, file: PaymentFile) -> Path:
    """Write a file under its name with .part, durably: the ledger is told next that it exists."""
    part = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        output.write(file.content)
    _sync(part)
    _sync(part.parent)
    return part


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
