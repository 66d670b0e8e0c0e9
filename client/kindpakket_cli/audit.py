"""`kindpakket audit …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket.ledger.money import euros
from kindpakket_cli import audit_disclosure, audit_report
from kindpakket_cli.contract import Wrong, group, not_as_it_should_be
from kindpakket_cli.history import history, statement
from kindpakket_cli.output import print_table
from kindpakket_cli.session import AUDIT, Session, acting_as

if TYPE_CHECKING:
    from kindpakket.auditor.audit import Audit
    from kindpakket.ledger.queries.audit import SampleKind


@group("audit")
def audit() -> None:
    """Audit the ledger: verify, report, samples and their disclosure, statements, histories, totals."""


@audit.command("verify")
@click.option(
    "--personal",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of names and numbers, one a line, that no block may contain.",
)
@acting_as("auditor")
def verify(session: Session, personal: Path | None) -> None:
    """Replay all blocks of your own peer and compare the result with its state, to the cent.

    Exit code 1: they differ, a block is damaged, or a personal value was found.
    """
    values = [] if personal is None else _values(personal)
    result = session.auditor().verify(values)
    if session.as_json:
        session.answer(result.as_json())
    else:
        _show(result)
    if not result.passed:
        not_as_it_should_be()


@audit.command("totals")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*AUDIT)
def totals(session: Session, scheme_id: str) -> None:
    """Show the totals of a scheme's vouchers, as the chaincode adds them up page by page."""
    session.answer(session.reader().audit.totals(scheme_id))


@audit.command("scheme-totals")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*AUDIT)
def scheme_totals(session: Session, scheme_id: str) -> None:
    """Show all money of a scheme at one height: vouchers, budget, and what its shops are paid and owed.

    While the peer adds it up it commits no block: ask an auditor's peer. Up to 100,000 records.
    """
    session.answer(session.reader().audit.scheme_totals(scheme_id))


@audit.command("sample")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("kind", type=click.Choice(["voucher", "payment", "settlement"]))
@click.option(
    "--seed",
    required=True,
    help="The seed, 1 to 64 hexadecimal characters, drawn after the books were closed.",
)
@click.option("--per-mille", type=click.IntRange(1, 1000), required=True, help="How many in a thousand.")
@acting_as(*AUDIT)
def sample(session: Session, scheme_id: str, kind: SampleKind, seed: str, per_mille: int) -> None:
    """Draw a sample that nobody could foresee, and that anyone who knows the seed can draw again."""
    drawn = list(session.reader().audit.sample(scheme_id, kind, seed.lower(), per_mille))
    session.answer(
        drawn,
        {
            kind: lambda record: record["id"],
            "state": lambda record: record["state"],
            "amount": lambda record: euros(record["available_cents" if kind == "voucher" else "cents"]),
        },
    )


def _values(path: Path) -> list[str]:
    from kindpakket.auditor.personal_data import MIN_LENGTH

    try:
        values = [line.strip() for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise Wrong(f"{path} is not UTF-8: {error.reason}") from error
    short = sum(len(value) < MIN_LENGTH for value in values)
    if short:
        raise Wrong(f"{short} lines of {path} have fewer than {MIN_LENGTH} characters: leave them out")
    return values


def _show(result: Audit) -> None:
    rows = [
        (
            scheme.rules["name"],
            scheme.id,
            str(len(scheme.vouchers)),
            euros(scheme.budget),
            euros(scheme.terms().issued),
            euros(scheme.terms().net),
            euros(scheme.terms().available),
        )
        for scheme in result.books.schemes.values()
    ]
    headings = ("scheme", "id", "vouchers", "budget", "issued", "spent, net", "available")
    print_table(headings, rows, "Recomputed from the requests in the blocks")
    problems = [
        *(f"chain: {flaw}" for flaw in result.flaws),
        *(f"rule: {finding}" for finding in result.findings),
        *(f"state: {difference}" for difference in result.differences),
        *(f"personal: block {trace.block_number} holds a value as {trace.form}" for trace in result.traces),
    ]
    for problem in problems:
        click.echo(problem)
    transactions = sum(result.codes.values())
    click.echo(
        f"{result.height} blocks with {transactions} transactions, {result.requests} requests replayed."
    )
    if result.values_scanned:
        click.echo(f"{result.values_scanned} personal values searched for, {len(result.traces)} found.")
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    verdict = "no problems found" if result.passed else f"{count} found"
    click.echo(f"Verdict: {verdict}. Head of the chain: {result.head}")


for _command in (audit_report.report, *audit_disclosure.COMMANDS):
    audit.add_command(_command)
audit.add_command(history)
audit.add_command(statement)
