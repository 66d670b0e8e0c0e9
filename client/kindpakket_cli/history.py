"""`kindpakket audit history` and `kindpakket audit statement …`: who changed what, when and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from kindpakket.ledger.days import AMSTERDAM
from kindpakket.ledger.money import euros
from kindpakket_cli.contract import group
from kindpakket_cli.output import print_table
from kindpakket_cli.session import AUDIT, TILLS, Session, acting_as

if TYPE_CHECKING:
    from kindpakket.ledger.records import HistoryEntry, Mark

_MARKS = ("v", "by")
_NOTHING = "-"
_EMPTY: tuple[object, ...] = (None, "", [], {})


@click.command("history")
@click.argument("key")
@acting_as(*AUDIT)
def history(session: Session, key: str) -> None:
    """List all versions of KEY, such as voucher/SCHEME/VOUCHER, newest first.

    Each shows when, who did what and why, and the members that changed, with the values before and after.
    """
    entries = list(session.reader().audit.history(key))
    if session.as_json:
        session.answer(entries)
    for entry in [] if session.as_json else entries:
        click.echo(f"{_when(entry['at'])}  {_deed(entry['by'], entry['deleted'])}")
        click.echo(f"    transaction {entry['transaction_id']}")
        for member, before, after in _changes(entry):
            click.echo(f"    {member}: {before} → {after}")


@group("statement")
def statement() -> None:
    """Show the statement of a voucher, a scheme's budget or a shop."""


@statement.command("voucher")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@acting_as(*AUDIT)
def of_voucher(session: Session, scheme_id: str, voucher_id: str) -> None:
    """List what each transaction changed on a voucher, newest first."""
    session.answer(
        list(session.reader().audit.voucher_statement(scheme_id, voucher_id)),
        {
            "when": lambda entry: _when(entry["at"]),
            "who, what, why": lambda entry: _deed(entry["by"]),
            "state": lambda entry: entry["state"],
            "moved": lambda entry: _moved(entry["moved"]),
            "available": lambda entry: euros(entry["balance"]["available_cents"]),
        },
    )


@statement.command("scheme")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*AUDIT)
def of_scheme(session: Session, scheme_id: str) -> None:
    """List what each transaction changed in a scheme's budget, newest first."""
    session.answer(
        list(session.reader().audit.scheme_statement(scheme_id)),
        {
            "when": lambda entry: _when(entry["at"]),
            "who, what, why": lambda entry: _deed(entry["by"]),
            "moved": lambda entry: _moved(entry["moved"]),
            "unallocated": lambda entry: euros(entry["balance"]["unallocated_cents"]),
        },
    )


@statement.command("shop")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("shop_id", metavar="SHOP")
@acting_as(*AUDIT, *TILLS)
def of_shop(session: Session, scheme_id: str, shop_id: str) -> None:
    """List a shop's settlements and open items under a scheme, and where its money is."""
    report = session.reader().audit.shop_statement(scheme_id, shop_id)
    if session.as_json:
        session.answer(report)
        return
    session.answer(
        report["entries"],
        {
            "kind": lambda entry: entry["kind"],
            "id": lambda entry: entry["id"],
            "state": lambda entry: entry.get("state", _NOTHING),
            "day": lambda entry: entry.get("through", entry.get("day", _NOTHING)),
            "items": lambda entry: entry.get("items", _NOTHING),
            "amount": lambda entry: euros(entry["cents"]),
        },
    )
    sums = [(_term(term), euros(cents)) for term, cents in _amounts(report["sums"]).items() if cents]
    print_table(("", ""), [*sums, ("total", euros(sum(_amounts(report["sums"]).values())))])


def _when(at: int) -> str:
    return f"{datetime.fromtimestamp(at, AMSTERDAM):%Y-%m-%d %H:%M:%S}"


def _deed(by: Mark | None, deleted: bool = False) -> str:
    """Who did what and why; the ledger's first layout did not say."""
    if by is None:
        return "deleted: the block says by whom" if deleted else "the block says by whom"
    at_till = f" at {by['till']}" if "till" in by else ""
    why = f", {by['reason']}" if "reason" in by else ""
    return f"{by['operation']} by {by['person']} ({by['role']} of {by['msp']}{at_till}){why}"


def _changes(entry: HistoryEntry) -> Iterator[tuple[str, str, str]]:
    before, after = _flat(entry["before"] or {}), _flat(entry["value"] or {})
    for member in [*after, *(gone for gone in before if gone not in after)]:
        if before.get(member) != after.get(member):
            yield member, before.get(member, _NOTHING), after.get(member, _NOTHING)


def _flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Members of members by their path, with readable values; empty ones are left out."""
    found: dict[str, str] = {}
    for name, value in record.items():
        if (not prefix and name in _MARKS) or value in _EMPTY:
            continue
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value if isinstance(value, str) else json.dumps(value)
    return found


def _moved(terms: Mapping[str, int]) -> str:
    return ", ".join(
        f"{_term(term)} {'+' if cents > 0 else ''}{euros(cents)}" for term, cents in terms.items()
    )


def _term(name: str) -> str:
    return name.removesuffix("_cents").replace("_", " ")


def _amounts(sums: Mapping[str, Any]) -> dict[str, int]:
    return {term: int(cents) for term, cents in sums.items()}
