"""`kindpakket books …`: the books of the municipality, made of files alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.books_files import (
    Inputs,
    Output,
    Selection,
    inputs,
    output_options,
    selection,
    write_balance,
    write_journal,
)
from kindpakket_cli.books_output import (
    about_json,
    account_json,
    accounts,
    agreement_json,
    line_json,
    number,
    print_agreement,
    print_balance,
    print_entries,
    tell_written,
)
from kindpakket_cli.contract import Refused, Wrong, group, not_as_it_should_be
from kindpakket_cli.files import READABLE, read_json
from kindpakket_cli.offline import FILES, offline
from kindpakket_cli.output import answer, note, print_json, print_table

if TYPE_CHECKING:
    from kindpakket.backoffice.books.books import Books


@group("books", shared=FILES)
def books() -> None:
    """Journal entries for the financial administration: mapping, journal, balance, check, closed periods."""


@books.command("mapping")
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--new", is_flag=True, help="Write an example to FILE, to change it there.")
@offline
def mapping(path: Path, new: bool, as_json: bool) -> None:
    """Check a mapping of accounts, journals and cost centres, and show what it says.

    With --new, write an example to FILE, which must not exist yet. All mistakes are shown at once.
    """
    from kindpakket.backoffice.books.mapping import example, load_mapping

    if new:
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(example())
        except FileExistsError:
            raise Wrong(f"{path} exists already: give the name of a new file", "FILE") from None
        answer(as_json, {"files": [str(path)]}, f"{path}: change the codes and names to those you use")
        return
    chart = load_mapping(path)
    if as_json:
        print_json({"accounts": [account_json(*row) for row in accounts(chart)]})
        return
    rows = [(code, name, use, scheme) for code, name, use, scheme in accounts(chart)]
    print_table(("account", "name", "for", "scheme"), rows, "The mapping can be used")


@books.command("journal")
@inputs
@selection
@click.option(
    "--per",
    type=click.Choice(("period", "day", "settlement", "transaction")),
    default="period",
    show_default=True,
    help="What shares an entry, within a scheme and a kind. With settlement, what moves at the bank or "
    "between a shop's accounts has an entry for each settlement, and the rest one for each day.",
)
@output_options("csv", "xlsx", "xaf")
@click.option(
    "--xaf",
    type=click.Choice(("4.0", "3.2")),
    default="4.0",
    show_default=True,
    help="The version of the audit file.",
)
@click.option(
    "--commitments", is_flag=True, help="Write what is off the balance sheet to the audit file too."
)
@offline
def journal(
    made_of: Inputs,
    part: Selection,
    per: str,
    output: Output,
    xaf: str,
    commitments: bool,
    as_json: bool,
) -> None:
    """Show the journal entries, or write them as CSV, XLSX or audit file (XAF).

    Entries of periods in --closings never change: what comes on the ledger later is booked in the first open
    period. If a closed period is not what it was, nothing is written and the command ends with 1.
    """
    kept = _unchanged(made_of.keep(per))
    entries = kept.of(part.span, part.scheme)
    _note_accruals(kept, part)
    if output.path is not None:
        write_journal(output, kept, entries, part, xaf, commitments)
        tell_written(output.path, kept, number(len(entries), "entry", "entries"), as_json)
    elif as_json:
        print_json({**about_json(kept), "entries": [entry.members() for entry in entries]})
    else:
        print_entries(kept, entries)


@books.command("balance")
@inputs
@selection
@output_options("csv", "xlsx")
@offline
def balance(made_of: Inputs, part: Selection, output: Output, as_json: bool) -> None:
    """Show the trial balance: of each account its opening balance, debits, credits and closing balance.

    Costs begin each year with 0; those of earlier years are on the account of the results.
    """
    from kindpakket.backoffice.books.balance import trial_balance

    kept = _unchanged(made_of.keep())
    lines = trial_balance(kept, part.span, part.scheme)
    _note_accruals(kept, part)
    if output.path is not None:
        write_balance(output, kept, lines)
        tell_written(output.path, kept, number(len(lines), "account", "accounts"), as_json)
    elif as_json:
        print_json({**about_json(kept), "accounts": [line_json(line) for line in lines]})
    else:
        print_balance(kept, lines)


@books.command("check")
@inputs
@click.option(
    "--totals",
    "totals_files",
    multiple=True,
    type=READABLE,
    help="What audit scheme-totals SCHEME --json answered at the height of the movements; repeat for more.",
)
@offline
def check(made_of: Inputs, totals_files: tuple[Path, ...], as_json: bool) -> None:
    """Compare the books with the ledger, scheme by scheme, at the block of the movements.

    Debits equal credits; commitments are what is available and held, costs what was spent less refunds and
    cancellations, and payables what is unsettled, drafted, approved or exported; closed periods are what they
    were. Ends with 1 when something does not agree.
    """
    from kindpakket.backoffice.books.agreement import check_books

    totals = [
        cast(dict[str, Any], read_json(path, dict, "answer of audit:SchemeTotals")) for path in totals_files
    ]
    kept = made_of.keep()
    agreement = check_books(kept, totals)
    if as_json:
        print_json({**about_json(kept), **agreement_json(agreement)})
    else:
        print_agreement(kept, agreement)
    if not agreement.holds:
        not_as_it_should_be()


@books.command("close")
@click.argument("period", metavar="PERIOD")
@inputs
@offline
def close(period: str, made_of: Inputs, as_json: bool) -> None:
    """Close a month (2026-03), and all months before it: their entries never change afterwards.

    The month is added to --closings, a file that is created if it does not exist. The books have to agree
    with the ledger, and the month has to be over and to follow the last closed one.
    """
    from kindpakket.backoffice.books.agreement import check_books
    from kindpakket.backoffice.books.closings import Closings
    from kindpakket.backoffice.books.periods import last_day, next_period, read_span
    from kindpakket.ledger.days import today

    if made_of.closings_file is None:
        raise Wrong("give the file of closed periods with --closings; it is created if it does not exist")
    span = read_span(period)
    if span.first != span.last:
        raise Wrong(f"{period!r} is not one month: close one at a time, such as 2026-03")
    closed = made_of.closings(may_be_new=True)
    last = closed.closed[-1] if closed.closed else None
    if last is not None and period != next_period(last.period):
        raise Refused(
            f"{last.period} was closed last: the next one is {next_period(last.period)}, not {period}"
        )
    if last_day(period) >= today().isoformat():
        raise Refused(f"{period} is not over: close it after {last_day(period)}")
    kept = made_of.keep(through=last_day(period), closings=closed)
    if last is not None and kept.position.block < last.block:
        raise Refused(
            f"{last.period} was closed at block {last.block}, and the movements end at block "
            f"{kept.position.block}: take newer ones"
        )
    problems = check_books(kept).problems
    if problems:
        raise Refused("the books do not agree:" + "".join(f"\n  {problem}" for problem in problems))
    before = "" if last is None else last.period
    closing = kept.closing(period, kept.position.block, kept.position.block_hash, after=before)
    Closings(kept.position.channel, (*closed.closed, closing)).save(made_of.closings_file)
    answer(
        as_json,
        {
            **kept.position.members(),
            "period": period,
            "entries": closing.entries,
            "debit_cents": closing.cents,
        }
        | {"sha256": closing.sha256},
        f"{period} is closed at {kept.position}: {number(closing.entries, 'entry', 'entries')}, "
        f"{euros(closing.cents)}. What comes later is booked from {next_period(period)} on.",
    )


def _unchanged(kept: Books) -> Books:
    """The books, whose closed periods have to be what they were."""
    changed = kept.changed()
    if changed:
        raise Refused("\n".join(changed), "CLOSED_PERIOD_CHANGED")
    return kept


def _note_accruals(kept: Books, part: Selection) -> None:
    """Say why a December that was asked for has no accrual."""
    if part.span is None or not kept.through:
        return
    for period in part.span.periods():
        if period.endswith("-12") and period == kept.through[:7] and kept.through < f"{period}-31":
            note(f"no accrual at {period}-31: nothing moved after {kept.through}; give --through {period}-31")
