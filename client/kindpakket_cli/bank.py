"""`kindpakket bank …`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.bank_book import book, breaks, decide, statements
from kindpakket_cli.bank_files import matched, read_all
from kindpakket_cli.contract import group, not_as_it_should_be
from kindpakket_cli.offline import offline
from kindpakket_cli.output import complain, note, print_json, print_table

if TYPE_CHECKING:
    from kindpakket.backoffice.bank.breaks import Break
    from kindpakket.backoffice.bank.files import BankFile
    from kindpakket.backoffice.bank.outcomes import Booking, Outcome
    from kindpakket.backoffice.bank.reports import Answer
    from kindpakket.backoffice.bank.statements import Line

_FILE = click.Path(dir_okay=False, path_type=Path)


@group("bank")
def bank() -> None:
    """The bank's answer: read and match its files, book it on the ledger, list what does not agree.

    `read` and `match` work on files alone; the others use the register and the ledger.
    """


for command in (book, breaks, decide, statements):
    bank.add_command(command)


@bank.command("read")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=_FILE)
@offline
def read(paths: tuple[Path, ...], as_json: bool) -> None:
    """Say what statements (camt.053), status reports (pain.002) and payment files (pain.001) contain.

    Intraday reports and notifications (camt.052, camt.054) are recognised, and nothing is taken from them.
    MT940 is refused.

    Ends with 1 when a payment was rejected, an account holder's name does not match, or a statement between
    two others is missing.
    """
    from kindpakket.backoffice.bank.statements import distinct, gaps

    files = read_all(paths)
    counted, again = distinct(statement for file in files for statement in file.statements)
    missing = gaps(counted)
    if as_json:
        print_json(
            {
                "files": [_file_json(file) for file in files],
                "again": [statement.where for statement in again],
                "gaps": [gap.sentence for gap in missing],
            }
        )
    else:
        rows = [(file.source, file.name, line) for file in files for line in _summary(file)]
        print_table(("file", "is", "says"), rows)
        for statement in again:
            note(f"{statement.where} is given more than once, and counts once")
        for gap in missing:
            complain(gap.sentence)
    answers = [answer for file in files for answer in file.answers]
    if missing or any(
        answer.standing == "rejected" or answer.verification in ("close-match", "no-match")
        for answer in answers
    ):
        not_as_it_should_be()


@bank.command("match")
@click.option(
    "--payments",
    "payment_paths",
    metavar="FILE",
    multiple=True,
    required=True,
    type=_FILE,
    help="A payment file (pain.001) that was sent to the bank; repeat for more.",
)
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=_FILE)
@offline
def match(payment_paths: tuple[Path, ...], paths: tuple[Path, ...], as_json: bool) -> None:
    """Match statements and status reports with payment files, and say what is to be booked.

    A line is matched by the payment's EndToEndId, which is the settlement's id, then as a batch by the ids,
    the number and the sum of a payment file. Other lines are proposed to you, or listed. Nothing is sent to
    the ledger: `bank book` does that, with files that it keeps.

    Ends with 1 when a person has to decide on something, or the bank has not answered.
    """
    from kindpakket.backoffice.bank.breaks import three_way
    from kindpakket.ledger.days import today

    orders, outcome = matched(payment_paths, paths)
    breaks = three_way(orders, outcome, today())
    if as_json:
        print_json(_outcome_json(outcome, breaks))
    else:
        _print_outcome(outcome, breaks)
    if breaks:
        not_as_it_should_be()


def _summary(file: BankFile) -> list[str]:
    """What a file says, in a few lines."""
    if file.note:
        return [file.note]
    if file.orders:
        days = ", ".join(sorted({order.day.isoformat() for order in file.orders}))
        total = euros(sum(order.cents for order in file.orders))
        return [f"{_number(len(file.orders), 'payment')}, {total}, to pay on {days}"]
    if file.statements:
        return [
            f"statement {statement.place} of {statement.closed_on}: {euros(statement.opening)} before, "
            f"{_number(statement.entries, 'entry', 'entries')}, {euros(statement.closing)} after"
            + (f"; {statement.pending} not booked yet" if statement.pending else "")
            for statement in file.statements
        ]
    counted = Counter(_said(answer) for answer in file.answers)
    return [
        f"{_number(count, noun)} {status} ({meaning})"
        for (noun, status, meaning), count in sorted(counted.items())
    ] or ["no status of any payment"]


def _said(answer: Answer) -> tuple[str, str, str]:
    """What an answer is about, its codes, and what they mean."""
    noun = "payment" if answer.settlement else "group" if answer.payment_id else "file"
    meaning = f"name: {answer.verification}" if answer.verification else answer.standing
    return noun, f"{answer.status} {answer.reason}".rstrip(), meaning


def _number(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def _file_json(file: BankFile) -> dict[str, object]:
    return {
        "file": file.source,
        "kind": file.kind,
        "version": file.version,
        "note": file.note,
        "statements": [
            {
                "place": statement.place,
                "number": statement.number,
                "opened_on": statement.opened_on.isoformat(),
                "closed_on": statement.closed_on.isoformat(),
                "opening_cents": statement.opening,
                "closing_cents": statement.closing,
                "entries": statement.entries,
                "pending": statement.pending,
            }
            for statement in file.statements
        ],
        "answers": [
            {
                "settlement": answer.settlement,
                "status": answer.status,
                "standing": answer.standing,
                "verification": answer.verification,
                "reason": answer.reason,
                "line": answer.row,
            }
            for answer in file.answers
        ],
        "payments": len(file.orders),
        "cents": sum(order.cents for order in file.orders),
    }


def _outcome_json(outcome: Outcome, breaks: Sequence[Break]) -> dict[str, object]:
    return {
        "matched": [
            {**_line_json(match.line), "by": match.by, "bookings": _json(match.bookings)}
            for match in outcome.matched
        ],
        "proposed": [
            {**_line_json(proposal.line), "reason": proposal.reason, "candidates": _json(proposal.candidates)}
            for proposal in outcome.proposed
        ],
        "listed": [
            {**_line_json(listed.line), "kind": listed.kind, "what_to_do": listed.what_to_do}
            for listed in outcome.listed
        ],
        "rejections": [
            {"place": rejection.place, **rejection.booking.as_json()} for rejection in outcome.rejections
        ],
        "answers": outcome.answers,
        "bookings": _json(list(outcome.bookings())),
        "breaks": [made.as_json() for made in breaks],
        "again": list(outcome.again),
        "gaps": [gap.sentence for gap in outcome.gaps],
    }


def _line_json(line: Line) -> dict[str, object]:
    return {"place": line.place, "cents": line.cents, "booked_on": line.booked_on.isoformat()}


def _json(bookings: Sequence[Booking]) -> list[dict[str, object]]:
    return [booking.as_json() for booking in bookings]


def _print_outcome(outcome: Outcome, breaks: Sequence[Break]) -> None:
    places = (("matched", outcome.matched), ("proposed", outcome.proposed), ("listed", outcome.listed))
    print_table(
        ("lines", "number", "sum"),
        [(name, str(len(lines)), euros(sum(place.line.cents for place in lines))) for name, lines in places],
    )
    booked = [
        (made.settlement, made.outcome, made.reason, made.bank_reference or "-", made.value_date or "-")
        for made in outcome.bookings()
    ]
    if booked:
        print_table(
            ("settlement", "to book", "reason", "bank reference", "value date"),
            booked,
            "To book, with kindpakket settlement book",
        )
    if breaks:
        print_table(
            ("break", "what", "amount", "days", "what to do"),
            [
                (
                    made.kind,
                    made.what,
                    "-" if made.cents is None else euros(made.cents),
                    "-" if made.age is None else str(made.age),
                    made.what_to_do,
                )
                for made in breaks
            ],
            "Not as it should be",
        )
    for where in outcome.again:
        note(f"{where} is given more than once, and counts once")
