"""`kindpakket bank book`, `decide`, `breaks` and `statements`: the bank's answer on the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.contract import Wrong, not_as_it_should_be
from kindpakket_cli.output import complain, counted, note, print_table
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import MUNICIPALITY, Session, acting_as

if TYPE_CHECKING:
    from kindpakket.backoffice.bank.breaks import Break
    from kindpakket.backoffice.bank.outcomes import Listed, Matched, Proposed
    from kindpakket.backoffice.booking.booking import Booked
    from kindpakket.backoffice.booking.taking import GivenFile, Taken

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("book")
@click.argument("paths", metavar="[FILE]...", nargs=-1, type=_FILE)
@click.option(
    "--payments",
    "payment_paths",
    metavar="FILE",
    multiple=True,
    type=_FILE,
    help="A payment file that payout export did not make; repeat for more.",
)
@register_options(may_be_new=True)
@acting_as("treasurer")
def book(
    session: Session, place: RegisterPlace, paths: tuple[Path, ...], payment_paths: tuple[Path, ...]
) -> None:
    """Keep statements (camt.053) and status reports (pain.002), and book what they make certain.

    What is paid, rejected or returned goes to the ledger; what was rejected or returned is open again, and
    due. Accepted is not paid. Lines that are not certain are listed, with the commands that decide on them.
    The register keeps the files, so the next call knows them: the same statement twice books nothing twice,
    and a gap to the last one is told. Without FILE it books what is left. If it is interrupted, run it again.

    Ends with 1 when somebody has to look at something.
    """
    from kindpakket.backoffice.booking.booking import all_settlements, certain
    from kindpakket.backoffice.booking.booking import book as book_all
    from kindpakket.backoffice.booking.taking import payee_checks, take
    from kindpakket.ledger.days import today

    given = _read(payment_paths, paths)
    municipality = session.municipality()
    with place.open(session, "bank-book", "payment") as register:
        ledger = all_settlements(municipality)
        taken, kept = take(register.bank, given, ledger.values())
        register.bank.keep_checks(payee_checks(kept, ledger))
        with counted(len(certain(kept, ledger.values(), today())), "Booking") as progress:
            booked = book_all(municipality, kept, ledger, today(), progress)
    _answer(session, booked, taken)


@click.command("decide")
@click.argument("line")
@click.option(
    "--settlement",
    "settlements",
    metavar="SETTLEMENT",
    multiple=True,
    help="The settlement that the line pays, or brings back; repeat for more.",
)
@click.option("--none", "nothing", is_flag=True, help="The line is of no payment here.")
@click.option("--undo", is_flag=True, help="Forget what was decided on the line.")
@register_options()
@acting_as("treasurer")
def decide(
    session: Session,
    place: RegisterPlace,
    line: str,
    settlements: tuple[str, ...],
    nothing: bool,
    undo: bool,
) -> None:
    """Say what LINE of a statement is, as bank book or bank breaks lists it, and book it.

    Its amount must be that of the settlements, to the cent. The register keeps the decision, and who took it.
    """
    from kindpakket.backoffice.booking.booking import all_settlements
    from kindpakket.backoffice.booking.booking import book as book_all
    from kindpakket.backoffice.booking.deciding import check_decision
    from kindpakket.backoffice.booking.kept import read_kept
    from kindpakket.ledger.days import today

    if sum([bool(settlements), nothing, undo]) != 1:
        raise Wrong("give either --settlement, or --none, or --undo")
    municipality = session.municipality()
    with place.open(session, "bank-decide", "payment") as register:
        if undo and not register.bank.undecide(line):
            raise Wrong(f"nothing was decided on line {line}: see kindpakket bank breaks")
        if not undo:
            check_decision(read_kept(register.bank), line, settlements)
            register.bank.decide(line, settlements)
        ledger = all_settlements(municipality)
        booked = book_all(municipality, read_kept(register.bank), ledger, today())
    _answer(session, booked, None)


@click.command("breaks")
@click.option("--out", metavar="FILE", type=_FILE, help="Write them to this file too: .xlsx or .csv.")
@register_options()
@acting_as(*MUNICIPALITY)
def breaks(session: Session, place: RegisterPlace, out: Path | None) -> None:
    """List everything on which the ledger, the payment files and the bank do not agree.

    Each with its amount, its age in days and what to do. Ends with 1 when there is something.
    """
    from kindpakket.backoffice.booking.booking import all_settlements
    from kindpakket.backoffice.booking.booking import breaks as all_breaks
    from kindpakket.backoffice.booking.kept import read_kept
    from kindpakket.ledger.days import today

    if out is not None:
        from kindpakket.backoffice.booking.sheet import check_sheet, write_breaks

        check_sheet(out)
    municipality = session.municipality(closing=False)
    with place.open(session, "bank-breaks", "payment") as register:
        kept = read_kept(register.bank)
    found = all_breaks(kept, all_settlements(municipality).values(), today())
    if out is not None:
        write_breaks(out, found)
    if session.as_json:
        session.answer(
            {
                "breaks": [_break_json(each) for each in found],
                "payments": len(kept.orders),
                "statements": len(kept.statements),
                "file": None if out is None else str(out),
            }
        )
    else:
        _print_breaks(found, "Ledger, payment files and bank do not agree")
        if not found:
            click.echo(
                f"Ledger, payment files and bank agree: {_number(len(kept.orders), 'payment')}, "
                f"{_number(len(kept.statements), 'statement')}."
            )
        if out is not None:
            click.echo(f"{out} has {_number(len(found), 'break')}.")
    if found:
        not_as_it_should_be()


@click.command("statements")
@register_options()
@acting_as(*MUNICIPALITY)
def statements(session: Session, place: RegisterPlace) -> None:
    """List the statements that the register keeps, oldest first.

    Ends with 1 when one between two others is missing.
    """
    from kindpakket.backoffice.bank.statements import distinct, gaps
    from kindpakket.backoffice.booking.kept import read_kept

    with place.open(session, "bank-statements", "payment") as register:
        kept, _ = distinct(read_kept(register.bank).statements)
    missing = gaps(kept)
    if session.as_json:
        session.answer(
            {
                "statements": [
                    {
                        "file": statement.source,
                        "number": statement.number,
                        "opened_on": statement.opened_on.isoformat(),
                        "closed_on": statement.closed_on.isoformat(),
                        "opening_cents": statement.opening,
                        "closing_cents": statement.closing,
                        "entries": statement.entries,
                        "hash": statement.digest,
                    }
                    for statement in kept
                ],
                "gaps": [gap.sentence for gap in missing],
            }
        )
    else:
        print_table(
            ("file", "number", "closed on", "opening", "closing", "entries"),
            [
                (
                    statement.source,
                    "-" if statement.number is None else str(statement.number),
                    statement.closed_on.isoformat(),
                    euros(statement.opening),
                    euros(statement.closing),
                    str(statement.entries),
                )
                for statement in kept
            ],
        )
        for gap in missing:
            complain(gap.sentence)
    if missing:
        not_as_it_should_be()


def _read(payment_paths: Sequence[Path], paths: Sequence[Path]) -> list[GivenFile]:
    """All files with their bytes, or one error about all that cannot be used."""
    from kindpakket.backoffice.bank.documents import MAX_BYTES
    from kindpakket.backoffice.bank.errors import BankFileError
    from kindpakket.backoffice.bank.files import read_bytes
    from kindpakket.backoffice.booking.taking import GivenFile

    given: list[GivenFile] = []
    wrong: list[str] = []
    for path in (*payment_paths, *paths):
        try:
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            read = read_bytes(content, str(path))
        except BankFileError as error:
            wrong.append(str(error))
            continue
        except OSError as error:
            wrong.append(f"{path}: {error.strerror or error}")
            continue
        if (read.kind == "pain.001") != (path in payment_paths):
            other = "give it with --payments" if read.kind == "pain.001" else "give it without --payments"
            wrong.append(f"{path} is {read.name}: {other}")
        given.append(GivenFile(read, content))
    if wrong:
        raise Wrong("\n".join(wrong), "FILE")
    return given


def _answer(session: Session, booked: Booked, taken: Taken | None) -> None:
    if session.as_json:
        session.answer(_json(booked, taken))
    else:
        _print(booked, taken)
    if booked.for_persons or booked.refused:
        not_as_it_should_be()


def _json(booked: Booked, taken: Taken | None) -> dict[str, object]:
    outcome = booked.outcome
    places: dict[str, Sequence[Matched | Proposed | Listed]] = {
        "matched": outcome.matched,
        "proposed": outcome.proposed,
        "listed": outcome.listed,
    }
    files = taken and {
        "new": taken.new,
        "again": list(taken.again),
        "left_out": list(taken.left_out),
    }
    return {
        "files": files,
        "booked": [made.as_json() for made in booked.made],
        "refused": [{**each.booking.as_json(), "why": str(each.why)} for each in booked.refused],
        "lines": {
            name: {"number": len(found), "cents": sum(place.line.cents for place in found)}
            for name, found in places.items()
        },
        "breaks": [_break_json(each) for each in booked.breaks],
    }


def _break_json(each: Break) -> dict[str, object]:
    return {**each.as_json(), "commands": _commands(each)}


def _commands(each: Break) -> list[str]:
    """The commands that decide on a line, one for each that it may be."""
    if not each.line:
        return []
    start = f"kindpakket bank decide {each.line}"
    settlements = [f"--settlement {made.settlement}" for made in each.bookings]
    # What makes the amount only together is decided together.
    named = [" ".join(settlements)] if each.together else settlements
    return [f"{start} {options}" for options in (*named, "--none") if options]


def _print(booked: Booked, taken: Taken | None) -> None:
    if taken is not None:
        for name in taken.again:
            note(f"{name} is known already, and changes nothing")
        for sentence in taken.left_out:
            note(sentence)
    if booked.made:
        print_table(
            ("settlement", "booked", "amount", "reason", "value date"),
            [
                (
                    made.booking.settlement,
                    made.booking.outcome,
                    euros(made.cents),
                    made.booking.reason,
                    made.booking.value_date or "-",
                )
                for made in booked.made
            ],
            "Booked",
        )
    for each in booked.refused:
        complain(f"settlement {each.booking.settlement} was not booked as {each.booking.outcome}: {each.why}")
    _print_breaks(booked.for_persons, "For you to look at")
    waiting = [each for each in booked.breaks if each not in booked.for_persons]
    click.echo(
        f"{_number(len(booked.made), 'booking')} made, {_number(len(booked.for_persons), 'line')} for you to "
        f"look at, {_number(len(waiting), 'payment')} waiting for the bank or a file."
    )


def _print_breaks(found: Sequence[Break], title: str) -> None:
    """Print breaks, and the commands that decide on lines, each on a line of its own to be copied."""
    if not found:
        return
    rows = [
        (
            each.kind,
            each.what,
            "-" if each.cents is None else euros(each.cents),
            "-" if each.age is None else str(each.age),
            each.what_to_do,
        )
        for each in found
    ]
    print_table(("break", "what", "amount", "days", "what to do"), rows, title)
    for each in found:
        if commands := _commands(each):
            click.echo(f"{each.what}: one of")
            for command in commands:
                click.echo(f"  {command}")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
