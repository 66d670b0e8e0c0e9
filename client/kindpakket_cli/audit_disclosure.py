"""`kindpakket audit request`, `disclose` and `check`: the private records behind a sample."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.audit_evidence import Evidence, copies_options
from kindpakket_cli.audit_period import Asked, explained, observed, period_options, write_private
from kindpakket_cli.contract import not_as_it_should_be
from kindpakket_cli.files import READABLE
from kindpakket_cli.output import complain, print_json, print_table
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import Session, acting_as, because

if TYPE_CHECKING:
    from kindpakket.auditor.legality import Facts, PeriodSample

_DISCLOSING = ("approver", "treasurer")
"""Who may read shops' accounts on the ledger (`chaincode/contract/shop_queries.go`)."""
_OUT = click.Path(dir_okay=False, path_type=Path)
_WARNING = (
    "This file contains personal data: case numbers, and accounts with their holders. Hand it to the auditor "
    "in person or encrypted, and delete it when it has been checked."
)


@click.command("request")
@period_options
@click.option("--out", type=_OUT, required=True, help="Write the request to this new file.")
@click.option("--judgements", type=_OUT, help="Write a file to fill in your judgements to this new file.")
@copies_options
@acting_as("auditor")
def request(session: Session, asked: Asked, out: Path, judgements: Path | None, evidence: Evidence) -> None:
    """Draw the sample of a closed period, and ask the municipality for the records behind it.

    The sample follows from the block after the one that closed the period, so nobody could choose it. The
    request names its payments and how they were drawn, and contains no personal data. With --blocks or
    --bundle no peer is asked, and no home is needed.
    """
    from kindpakket.auditor.disclosure import request_of
    from kindpakket.auditor.legality import sample_of

    with explained():
        settings = asked.read_settings()
        facts = observed(session, asked.as_at, evidence)
        period = asked.period(facts)
        drawn = sample_of(facts, period, settings, asked.number)
        document = request_of(facts, period, drawn)
    write_private(out, _bytes(document))
    if judgements is not None:
        write_private(judgements, _form(facts, drawn))
    if session.as_json:
        print_json({**document, "file": str(out)})
        return
    rows = [
        (item.id, facts.payments[item.id].day, euros(item.cents), "-" if item.certain else str(item.hits))
        for item in drawn.sample.drawn
    ]
    print_table(("payment", "day", "amount", "cells"), rows, "The sample")
    interval, block = euros(drawn.sample.interval), drawn.seed_block.number
    click.echo(
        f"{len(rows):,} of {drawn.sample.items:,} payments, by cells of {interval}, from the hash of block "
        f"{block}. The request is in {out}; its hash is {document['sha256']}."
    )


@click.command("disclose")
@click.argument("request_file", metavar="REQUEST", type=READABLE)
@click.option("--out", type=_OUT, required=True, help="Write the records to this new file.")
@register_options()
@because("audit-2026")
@acting_as(*_DISCLOSING)
def disclose(session: Session, place: RegisterPlace, request_file: Path, out: Path, reason: str) -> None:
    """Disclose to the auditor the records behind a sample and nothing else, from register and ledger.

    An approver or treasurer does this: only they may read shops' accounts. First the sample is drawn again
    from your own peer's blocks, and a request for other payments is refused. Every look-up is logged with its
    reason. The file contains personal data: case numbers, salts, accounts of shops. It is not encrypted: hand
    it over in person, or encrypt it to the auditor, for instance with age.
    """
    from kindpakket.auditor.disclosure import DISCLOSURE, REQUEST, drawn_again, read_document, sealed

    with explained():
        asked = read_document(request_file.read_bytes(), REQUEST, str(request_file))
        drawn_again(observed(session), asked)
    shops = sorted({item["shop"] for item in asked["items"] if item["settlement"]})
    accounts = [{"shop": shop, "record": _account(session, shop)} for shop in shops]
    with place.open(session, "audit-disclosure", reason) as register:
        found = {item["voucher"]: register.find(item["voucher"]) for item in asked["items"]}
    cases = []
    for item in asked["items"]:
        entry, record = found[item["voucher"]], None
        if entry is not None and entry.child.case and entry.salt:
            record = {"voucher": entry.voucher, "case": entry.child.case, "salt": entry.salt}
        cases.append({"payment": item["payment"], "record": record})
    document = sealed(
        {
            "format": DISCLOSURE,
            "warning": _WARNING,
            "channel": asked["channel"],
            "request_sha256": asked["sha256"],
            "disclosed_by": session.official,
            "cases": cases,
            "accounts": accounts,
        }
    )
    write_private(out, _bytes(document))
    missing = sum(case["record"] is None for case in cases)
    missing += sum(account["record"] is None for account in accounts)
    if session.as_json:
        print_json({"file": str(out), "cases": len(cases), "accounts": len(shops), "missing": missing})
        return
    click.echo(f"{len(cases):,} cases and {len(shops):,} accounts are in {out}, {missing} of them not found.")
    complain(_WARNING)


@click.command("check")
@click.argument("disclosure_file", metavar="DISCLOSURE", type=READABLE)
@click.option("--request", "request_file", type=READABLE, required=True, help="The request that it answers.")
@click.option(
    "--out", type=_OUT, required=True, help="Write the result, without personal data, to this new file."
)
@copies_options
@acting_as("auditor")
def check(session: Session, disclosure_file: Path, request_file: Path, out: Path, evidence: Evidence) -> None:
    """Compare disclosed records with their hashes in the blocks of your own peer.

    With --blocks or --bundle no peer is asked, and no home is needed.

    The result has no personal data and is what `audit report --checked` takes. Delete the disclosure then.

    Exit code 1: a record differs from what the blocks have of it, or was not disclosed.
    """
    from kindpakket.auditor.disclosure import DISCLOSURE, REQUEST, check_disclosure, read_document

    with explained():
        asked = read_document(request_file.read_bytes(), REQUEST, str(request_file))
        given = read_document(disclosure_file.read_bytes(), DISCLOSURE, str(disclosure_file))
        document = check_disclosure(observed(session, evidence=evidence), asked, given)
    write_private(out, _bytes(document))
    right = [item for item in document["items"] if _is_right(item)]
    if session.as_json:
        print_json({**document, "file": str(out)})
    else:
        rows = [
            (item["payment"], item["case"], item["account"])
            for item in document["items"]
            if not _is_right(item)
        ]
        if rows:
            print_table(("payment", "case", "account"), rows, "Not as it should be")
        click.echo(
            f"{len(right):,} of {len(document['items']):,} payments have records that match the ledger. "
            f"The result is in {out}; delete {disclosure_file}."
        )
    if len(right) < len(document["items"]):
        not_as_it_should_be()


def _account(session: Session, shop: str) -> dict[str, str] | None:
    """A shop's account in force; None if the ledger has none any more."""
    from kindpakket.ledger.refusals import AccountMissing

    try:
        account: Mapping[str, Any] = session.municipality(closing=False).shops.account(shop)
    except AccountMissing:
        return None
    return {name: str(account[name]) for name in ("iban", "holder", "kvk", "contact", "salt")}


def _is_right(item: Mapping[str, str]) -> bool:
    return item["case"] == "matches" and item["account"] in ("matches", "unpaid")


def _form(facts: Facts, drawn: PeriodSample) -> bytes:
    """A file of judgements to fill in: nothing is right before somebody says so."""
    lines = [
        "# Your judgement of each payment of the sample: right, or what is wrong with it, in cents:",
        '#   "0123…": {error: 1250, reason: "goods of another category"}',
        '#   "4567…": {uncertainty: 800, reason: "no receipt"}',
        "# The reason is printed in the report: write no personal data.",
        *(
            f'"{item.id}":   # {facts.payments[item.id].day}, {item.cents} cents'
            for item in drawn.sample.drawn
        ),
    ]
    return ("\n".join(lines) + "\n").encode()


def _bytes(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


COMMANDS = (request, disclose, check)
"""The commands of a disclosure, for the group `audit`."""
