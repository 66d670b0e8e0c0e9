"""`kindpakket audit …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kindpakket.ledger.money import euros
from kindpakket_cli import audit_disclosure, audit_report
from kindpakket_cli.audit_bundle import bundle
from kindpakket_cli.audit_checkpoint import checkpoint
from kindpakket_cli.audit_verify import verify
from kindpakket_cli.audit_watch import watch
from kindpakket_cli.contract import group
from kindpakket_cli.history import history, statement
from kindpakket_cli.session import AUDIT, Session, acting_as

if TYPE_CHECKING:
    from kindpakket.ledger.queries.audit import SampleKind


@group("audit")
def audit() -> None:
    """Audit the ledger: verify, watch, report, samples, disclosure, checkpoints, bundles, histories."""


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


for _command in (
    audit_report.report,
    *audit_disclosure.COMMANDS,
    bundle,
    checkpoint,
    history,
    statement,
    verify,
    watch,
):
    audit.add_command(_command)
