"""`kindpakket register …`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.contract import group
from kindpakket_cli.output import counted
from kindpakket_cli.registers import RegisterPlace, activities_option, register_options
from kindpakket_cli.session import MUNICIPALITY, Session, acting_as


@group("register")
def register() -> None:
    """The register of persons: status, batches, log of look-ups, change of its key."""


@register.command("status")
@register_options()
@acting_as(*MUNICIPALITY)
def status(session: Session, place: RegisterPlace) -> None:
    """Show what the register has in numbers, and what is still to do.

    A register of an old version is brought up to date first, as by every command that uses it.
    """
    with place.open(session, "register-status", "operation") as opened:
        session.answer(opened.status().as_json())


@register.command("batches")
@click.option("--scheme", "scheme_id", help="Only of this scheme.")
@register_options()
@acting_as(*MUNICIPALITY)
def batches(session: Session, place: RegisterPlace, scheme_id: str | None) -> None:
    """List the files of children that were compared, with what they changed, oldest first."""
    with place.open(session, "register-status", "operation") as opened:
        found = [
            {
                "id": batch.id,
                "scheme": batch.scheme,
                "period": batch.period,
                "sha256": batch.sha256,
                "state": batch.state,
                "made_at": batch.made_at,
                "vouchers": batch.vouchers,
                "cents": batch.cents,
                **batch.counts,
            }
            for batch in opened.batches.all(scheme_id)
        ]
    session.answer(
        found,
        {
            "batch": lambda batch: batch["id"],
            "period": lambda batch: batch["period"],
            "file": lambda batch: batch["sha256"][:16],
            "state": lambda batch: batch["state"],
            "to issue": lambda batch: batch["vouchers"],
            "amount": lambda batch: euros(batch["cents"]),
            "new": lambda batch: batch["new"],
            "changed": lambda batch: batch["changed"],
            "gone": lambda batch: batch["gone"],
            "refused": lambda batch: batch["refused"],
        },
    )


@register.command("log")
@activities_option
@register_options()
@acting_as(*MUNICIPALITY)
def show_log(session: Session, place: RegisterPlace, activities: str) -> None:
    """Show who looked at whose data, when and why; persons are named by references.

    With --json, each line is an object with the members of Logius' Logboek Dataverwerkingen, one a line.
    """
    with place.open(session, "register-log", "operation") as opened:
        if session.as_json:
            for line in opened.look_ups():
                click.echo(json.dumps(line.as_json(activities), ensure_ascii=False))
            return
        session.answer(list(opened.look_ups()), LOG_COLUMNS)


@register.command("keep-log")
@click.option("--days", type=int, required=True, help="For how many days, from 180; five years by default.")
@register_options()
@acting_as(*MUNICIPALITY)
def keep_log(session: Session, place: RegisterPlace, days: int) -> None:
    """Set for how many days the log of look-ups is kept; `person retention` deletes what is older.

    The database itself refuses to delete younger lines.
    """
    with place.open(session, "register-keep-log", "operation") as opened:
        opened.keep_log(days)
        session.answer({"log_days": opened.log_days})


@register.command("rotate-key")
@register_options()
@acting_as(*MUNICIPALITY)
def rotate_key(session: Session, place: RegisterPlace) -> None:
    """Change the register's key, and encrypt every field anew with it.

    If it is interrupted, run it again: it goes on where it was. Backups from before still need the old key,
    so copy the key file first.
    """
    with place.open(session, "register-rotate-key", "operation") as opened:
        before = opened.status()
        of_persons = before.persons + before.vouchers - before.erased
        total = before.rows_to_seal or of_persons + before.bank_files + before.payee_checks
        with counted(total, "Encrypting") as progress:
            done = opened.rotate_key(progress)
        session.answer(
            {
                "key_file": str(opened.key_file),
                "key": done.key,
                "rows": done.rows,
                "finished_an_interrupted_one": done.went_on,
            }
        )


LOG_COLUMNS = {
    "when (UTC)": lambda line: _instant(line.ended_ms),
    "what": lambda line: line.name,
    "why": lambda line: f"{line.purpose.activity}: {line.purpose.reason}",
    "who": lambda line: line.purpose.official or "-",
    "account": lambda line: line.purpose.account,
    "person": lambda line: line.person or "-",
    "persons": lambda line: line.persons,
}
"""Columns of the log of look-ups, for people."""


def _instant(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
