"""`kindpakket audit …`."""

from __future__ import annotations

from pathlib import Path

import click

from kindpakket.auditor.audit import Audit
from kindpakket.auditor.personal import SHORTEST
from kindpakket.ledger.money import euros
from kindpakket.ledger.queries.audit import SampleKind
from kindpakket_cli.history import history, statement
from kindpakket_cli.session import Refused, Session, Wrong, acting_as, print_table

_READERS = ("auditor", "issuer", "approver", "treasurer")


@click.group()
def audit() -> None:
    """The auditor's questions."""


@audit.command("verify")
@click.option(
    "--personal",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of names and numbers, one a line, that must stand in no block.",
)
@acting_as("auditor")
def verify(session: Session, personal: Path | None) -> None:
    """Replay all blocks of the own peer and compare with its state, to the cent."""
    values = [] if personal is None else _values(personal)
    found = session.auditor().verify(values)
    if session.as_json:
        session.answer(found.as_json())
    else:
        _show(found)
    if not found.passed:
        raise Refused("the audit found what must not be: see above")


@audit.command("totals")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*_READERS)
def totals(session: Session, scheme_id: str) -> None:
    """Add up all vouchers of a scheme, as the chaincode states them."""
    session.answer(session.municipality().audit.totals(scheme_id))


@audit.command("sample")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("kind", type=click.Choice(["voucher", "payment", "settlement"]))
@click.option(
    "--seed", required=True, help="1 to 64 hexadecimal characters, drawn after the books were closed."
)
@click.option("--per-mille", type=click.IntRange(1, 1000), required=True, help="How many of a thousand.")
@acting_as(*_READERS)
def sample(session: Session, scheme_id: str, kind: SampleKind, seed: str, per_mille: int) -> None:
    """Draw a sample that whoever knows the seed can draw again, and nobody could foresee."""
    drawn = list(session.municipality().audit.sample(scheme_id, kind, seed.lower(), per_mille))
    session.answer(
        drawn,
        {
            kind: lambda found: found["id"],
            "state": lambda found: found["state"],
            "amount": lambda found: euros(found["available_cents" if kind == "voucher" else "cents"]),
        },
    )


def _values(path: Path) -> list[str]:
    try:
        values = [line.strip() for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise Wrong(f"{path} is not UTF-8: {error.reason}") from error
    short = sum(len(value) < SHORTEST for value in values)
    if short:
        raise Wrong(f"{short} lines of {path} have fewer than {SHORTEST} characters: leave them out")
    return values


def _show(found: Audit) -> None:
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
        for scheme in found.books.schemes.values()
    ]
    headings = ("scheme", "id", "vouchers", "budget", "issued", "spent, net", "available")
    print_table(headings, rows, "Recomputed from the requests in the blocks")
    problems = [
        *(f"chain: {flaw}" for flaw in found.flaws),
        *(f"rule: {finding}" for finding in found.findings),
        *(f"state: {difference}" for difference in found.differences),
        *(f"personal: block {trace.block_number} holds a value as {trace.form}" for trace in found.traces),
    ]
    for problem in problems:
        click.echo(problem)
    transactions = sum(found.codes.values())
    click.echo(f"{found.height} blocks with {transactions} transactions, {found.requests} requests replayed.")
    if found.values_scanned:
        click.echo(f"{found.values_scanned} personal values looked for, {len(found.traces)} traces.")
    verdict = "nothing is wrong" if found.passed else f"{len(problems)} things are wrong"
    click.echo(f"Verdict: {verdict}. Head of the chain: {found.head}")


audit.add_command(history)
audit.add_command(statement)
