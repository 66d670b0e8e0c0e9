"""`kindpakket letters …`: what there is of runs of letters, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import Refused
from kindpakket_cli.output import confirm
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import MUNICIPALITY, Session, acting_as

if TYPE_CHECKING:
    from kindpakket.backoffice.register import LetterRun


@click.command("status")
@click.option("--scheme", "scheme_id", help="Only of this scheme.")
@register_options()
@acting_as(*MUNICIPALITY)
def status(session: Session, scheme_id: str | None, place: RegisterPlace) -> None:
    """List the runs of letters, oldest first, and which of them still have to go on.

    `print file` says whether the letters may still exist as files: with them, somebody could spend.
    """
    with place.open(session, "letters-status", "operation") as register:
        runs = register.letters.runs(scheme_id)
    session.answer(
        [run.as_json() for run in runs] if session.as_json else runs,
        {
            "run": lambda run: run.id,
            "made": lambda run: _day(run.made_at),
            "state": lambda run: run.state,
            "letters": lambda run: run.letters,
            "vouchers": lambda run: sum(run.vouchers.values()),
            "valid": lambda run: run.vouchers["valid"],
            "void": lambda run: run.vouchers["void"],
            "print file": _print_file,
        },
    )


@click.command("show")
@click.argument("reference", metavar="REFERENCE", nargs=-1, required=True)
@register_options()
@acting_as(*MUNICIPALITY)
def show(session: Session, reference: tuple[str, ...], place: RegisterPlace) -> None:
    """Show the vouchers of a letter by its REFERENCE, as the letter and the manifest have it."""
    wanted = "".join(reference).replace(" ", "").lower()
    with place.open(session, "letters-show", "operation") as register:
        found = register.letters.find(wanted)
    if not found:
        raise Refused(f"{place.where} has no letter {wanted}: compare with the letter", "NO_SUCH")
    session.answer(
        found,
        {
            "voucher": lambda row: row["voucher"],
            "scheme": lambda row: row["scheme"],
            "state": lambda row: row["state"],
            "run": lambda row: row["run"],
            "file": lambda row: row["file"] or "-",
        },
    )


@click.command("discard")
@click.argument("run_id", metavar="RUN")
@click.option("--yes", is_flag=True, help="Do not ask.")
@register_options()
@acting_as(*MUNICIPALITY)
def discard(session: Session, run_id: str, yes: bool, place: RegisterPlace) -> None:
    """Give up a RUN that is not finished, so that its vouchers get other letters.

    Vouchers that are bound to their letter already stay bound: give them new booklets with kindpakket letters
    reprint. Destroy what there is of the run: nothing in it may be sent.
    """
    from kindpakket.backoffice.mailing import discard as discard_run

    with place.open(session, "letters-discard", "operation") as register:
        run = register.letters.run(run_id)
        confirm(f"None of the {run.letters} letters of run {run_id} will be sent. Go on?", yes)
        freed = discard_run(session.municipality(), register, run_id)
        run = register.letters.run(run_id)
    session.answer(
        {"run": run_id, "folder": run.folder, "without_letter": freed, "bound": run.vouchers["valid"]}
    )


@click.command("destroy")
@click.argument("folder", metavar="DIRECTORY", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@register_options()
@acting_as(*MUNICIPALITY)
def destroy(session: Session, folder: Path, yes: bool, place: RegisterPlace) -> None:
    """Delete the letters in DIRECTORY once they are printed, and note that in the register.

    The manifest stays. Let the print house delete its copies as well: whoever has one can spend.
    """
    from kindpakket.backoffice.mailing import destroy as destroy_files

    with place.open(session, "letters-destroy", "operation") as register:
        confirm(f"The letters in {folder} cannot be made again. Delete them?", yes)
        files = destroy_files(register, folder)
    session.answer({"folder": str(folder), "deleted": files})


def _day(instant: int) -> str:
    from kindpakket.ledger.days import day_of

    return day_of(instant)


def _print_file(run: LetterRun) -> str:
    if run.destroyed_at is not None:
        return f"destroyed {_day(run.destroyed_at)}"
    return run.folder


COMMANDS = (status, show, discard, destroy)
"""Commands of the group `letters`."""
