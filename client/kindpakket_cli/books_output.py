"""How commands on the books answer: tables for people, and the members of JSON documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.output import complain, print_files, print_table

if TYPE_CHECKING:
    from kindpakket.backoffice.books.agreement import Agreement
    from kindpakket.backoffice.books.balance import BalanceLine
    from kindpakket.backoffice.books.books import Books
    from kindpakket.backoffice.books.chart import Chart
    from kindpakket.backoffice.books.entries import Entry


def tell_written(path: Path, kept: Books, what: str, as_json: bool) -> None:
    """Say which file was written, what is in it, and what it stands for."""
    if as_json:
        print_files([path])
    else:
        click.echo(f"{path}: {what} of the books at {kept.position}")


def about_json(kept: Books) -> dict[str, object]:
    """What an answer stands for."""
    closed = kept.closed[-1].period if kept.closed else None
    return {**kept.position.members(), "through": kept.through or None, "closed_until": closed}


def print_entries(kept: Books, entries: list[Entry]) -> None:
    """Print entries with their lines, and their sum."""
    rows = [
        (
            entry.number if place == 0 else "",
            entry.day if place == 0 else "",
            f"{line.account.code} {line.account.name}",
            line.cost_centre or line.party,
            euros(line.debit) if line.debit else "",
            euros(line.credit) if line.credit else "",
            entry.description if place == 0 else "",
        )
        for entry in entries
        for place, line in enumerate(entry.lines)
    ]
    headings = ("entry", "day", "account", "cost centre", "debit", "credit", "description")
    print_table(headings, rows, f"The books at {kept.position}")
    total = sum(entry.debit for entry in entries)
    click.echo(f"{number(len(entries), 'entry', 'entries')}, {euros(total)} debit, {euros(total)} credit")


def print_balance(kept: Books, lines: list[BalanceLine]) -> None:
    """Print a trial balance."""
    from kindpakket.backoffice.books.balance import sums

    def amounts(line: BalanceLine) -> tuple[str, ...]:
        return tuple(euros(cents) for cents in (line.opening, line.debit, line.credit, line.closing))

    rows = [(f"{line.account.code} {line.account.name}", *amounts(line)) for line in lines]
    rows.append(("total", *amounts(sums(lines))))
    print_table(("account", "opening", "debit", "credit", "closing"), rows, f"The books at {kept.position}")


def print_agreement(kept: Books, agreement: Agreement) -> None:
    """Print what was compared, and what is wrong."""
    rows = [
        (
            kept.charts.newest.name_of(compared.scheme) if compared.scheme else "all",
            compared.what,
            euros(compared.books),
            euros(compared.ledger),
            "agrees" if compared.agrees else "differs",
        )
        for compared in agreement.comparisons
    ]
    print_table(("scheme", "what", "books", "ledger", ""), rows, f"The books at {kept.position}")
    for problem in agreement.problems:
        complain(problem)
    if agreement.holds:
        click.echo("The books agree with the ledger.")


def agreement_json(agreement: Agreement) -> dict[str, object]:
    """A check as JSON."""
    return {
        "agrees": agreement.holds,
        "problems": list(agreement.problems),
        "comparisons": [
            {
                "scheme": compared.scheme or None,
                "what": compared.what,
                "books_cents": compared.books,
                "ledger_cents": compared.ledger,
            }
            for compared in agreement.comparisons
        ],
    }


def line_json(line: BalanceLine) -> dict[str, object]:
    """A line of a trial balance as JSON."""
    from kindpakket.backoffice.books.tables import part_of

    return {
        "account": line.account.code,
        "name": line.account.name,
        "part": part_of(line),
        "opening_cents": line.opening,
        "debit_cents": line.debit,
        "credit_cents": line.credit,
        "closing_cents": line.closing,
    }


def accounts(chart: Chart) -> list[tuple[str, str, str, str]]:
    """Codes and names of all accounts, what they are for, and of which scheme."""
    rows = [
        (account.code, account.name, role.replace("_", " "), "") for role, account in chart.accounts.items()
    ]
    if chart.account is not None:
        rows.append((chart.account.code, chart.account.name, "costs", ""))
    rows += [
        (account.code, account.name, f"costs of {code}", "") for code, account in chart.categories.items()
    ]
    for scheme, own in chart.schemes.items():
        if own.account is not None:
            rows.append((own.account.code, own.account.name, "costs", scheme))
        rows += [
            (account.code, account.name, f"costs of {code}", scheme)
            for code, account in own.categories.items()
        ]
    return sorted(rows)


def account_json(code: str, name: str, use: str, scheme: str) -> dict[str, object]:
    """A row of `accounts` as JSON."""
    return {"account": code, "name": name, "for": use, "scheme": scheme or None}


def number(count: int, noun: str, plural: str) -> str:
    """A count with its noun."""
    return f"{count} {noun if count == 1 else plural}"
