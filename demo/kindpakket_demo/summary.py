"""The summary of the day, on the terminal or as data."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from kindpakket.ledger.money import euros
from kindpakket_demo.day import Day
from kindpakket_demo.desk import CHANNEL


def show(day: Day, seconds: float, home: Path, console: Console) -> None:
    """Print the tables, the verdict, where the files are, and what to try next."""
    console.print()
    console.print(_schemes(day))
    console.print(_shops(day))
    console.print(_refusals(day))
    for check in day.report.checks:
        mark = "[green]holds[/green]" if check.passed else "[red]fails[/red]"
        console.print(f"  {mark}  {check.name}: [dim]{check.detail}[/dim]")
    file = day.payout.file
    console.print(
        f"\n{day.valid_payments} payments taken, {day.refunds} refunded, one cancelled; "
        f"one was sent twice and counted once.\n"
        f"{day.captured} holds captured in part and one released; {len(day.courses.purses)} courses bought; "
        f"{euros(day.courses.lapsed_cents)} left over lapsed into the budget.\n"
        f"{file.payments} settlements, {euros(file.cents)} in one valid payment file (pain.001.001.09): "
        f"the bank paid {day.booked.paid} and rejected {day.booked.rejected}, which is open again.\n"
        f"{day.letters.totals.letters} letters with {day.letters.totals.slips} slips for the print house.\n"
        f"The auditor's peer has {day.history} versions of voucher {day.voucher}."
    )
    verdict = "[bold green]The audit agrees to the cent.[/bold green]"
    console.print(verdict if day.report.passed else "[bold red]The audit does not agree.[/bold red]")
    written = {"Report": day.report_path, "Payment file": day.payout.path, "Letters": day.letters.folder}
    console.print()
    for what, path in written.items():
        console.print(f"{what:13} {path}", soft_wrap=True)
    console.print(f"\nDone in {seconds:.0f} s. The network is up. Try:")
    for command in next_commands(day, home):
        console.print(f"  {command}", soft_wrap=True, style="cyan")


def next_commands(day: Day, home: Path) -> list[str]:
    """Commands that work on this network, from the folder where the demo was started."""
    run = ".venv/bin/kindpakket"
    audit = f"{run} --home {home} --organisation auditor --user auditor audit"
    return [
        f"{run} network status --home {home}",
        f"{run} --home {home} scheme show {day.scheme}",
        f"{audit} verify --anchor {home / 'channels' / CHANNEL / 'genesis.block'}",
        f"{audit} history voucher/{day.scheme}/{day.voucher}",
        f"{audit} statement scheme {day.scheme}",
        "make down",
    ]


def as_json(day: Day, seconds: float) -> dict[str, object]:
    """The summary as data; amounts in cents, durations in seconds."""
    return {
        "passed": day.report.passed,
        "seconds": round(seconds, 1),
        "height": day.report.height,
        "payments": day.valid_payments,
        "refunds": day.refunds,
        "holds_captured": day.captured,
        "courses": len(day.courses.purses),
        "lapsed_cents": day.courses.lapsed_cents,
        "refusals": dict(day.report.refusals),
        "settlements": day.payout.file.payments,
        "settled_cents": day.payout.file.cents,
        "settlements_paid": day.booked.paid,
        "settlements_rejected": day.booked.rejected,
        "letters": day.letters.totals.letters,
        "schemes": [
            {"id": scheme.id, "name": scheme.name, "issued_cents": scheme.issued, "spent_cents": scheme.spent}
            for scheme in day.report.schemes
        ],
        "checks": {check.name: check.passed for check in day.report.checks},
        "report": str(day.report_path),
        "payment_file": str(day.payout.path),
        "letters_folder": str(day.letters.folder),
    }


def _schemes(day: Day) -> Table:
    """The schemes side by side, so that amounts fit in a narrow window."""
    table = Table("", title="Schemes", title_justify="left")
    for scheme in day.report.schemes:
        table.add_column(scheme.name, justify="right")
    table.add_row("vouchers", *(str(scheme.vouchers) for scheme in day.report.schemes))
    for term in ("budget", "issued", "spent", "refunded", "cancelled", "available", "lapsed"):
        table.add_row(term, *(euros(getattr(scheme, term)) for scheme in day.report.schemes))
    return table


def _shops(day: Day) -> Table:
    table = Table(title="Shops", title_justify="left")
    for name in ("shop", "payments", "spent", "refunded", "settled", "unsettled"):
        table.add_column(name, justify="left" if name == "shop" else "right")
    for shop in day.report.shops:
        amounts = (shop.spent, shop.refunded + shop.cancelled, shop.settled, shop.unsettled)
        table.add_row(shop.name, str(shop.payments), *(euros(cents) for cents in amounts))
    return table


def _refusals(day: Day) -> Table:
    table = Table("code", "times", title="Refused, as expected", title_justify="left")
    for code, times in sorted(day.report.refusals.items()):
        table.add_row(code, str(times))
    return table
