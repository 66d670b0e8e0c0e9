"""`kindpakket intake propose`, `issue` and `status`: from a file of children to vouchers on the ledger."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.allocation import allocation_options, over, waits_for
from kindpakket_cli.batch_words import (
    COLUMNS,
    about_changes,
    document_of,
    not_issued,
    note_outcomes,
    sentences_about,
    shown,
    standing_as_json,
)
from kindpakket_cli.children_file import age_options, mapping_of, read_children, table_options
from kindpakket_cli.contract import Refused, Wrong
from kindpakket_cli.files import READABLE
from kindpakket_cli.output import counted, note
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import MUNICIPALITY, Session, acting_as

if TYPE_CHECKING:
    from kindpakket.backoffice.batches.changes import Change
    from kindpakket.backoffice.batches.stock import Allocated
    from kindpakket.backoffice.register import Batch, Register

_OUTCOMES = ("new", "unchanged", "changed", "gone", "refused", "issued")


@click.command("propose")
@click.argument("file_path", metavar="FILE", type=READABLE)
@click.option("--scheme", "scheme_id", required=True, help="The scheme.")
@click.option("--period", required=True, help="The period that a child gets one voucher for, such as 2026.")
@register_options(may_be_new=True)
@age_options
@click.option("--reason", default="intake", show_default=True, help="Why: a code that the ledger records.")
@table_options
@allocation_options
@acting_as("issuer")
def propose(
    session: Session,
    file_path: Path,
    scheme_id: str,
    period: str,
    place: RegisterPlace,
    bands: tuple[str, ...],
    ages_on: datetime | None,
    reason: str,
    days: int,
    again: bool,
    mapping_file: Path | None,
    encoding: str,
    delimiter: str,
    sheet: str,
) -> None:
    """Propose vouchers for the children in FILE who have none yet; another person approves them.

    Compares the file with the register, says what it changes, and proposes an allocation with a commitment to
    the file, the number of vouchers and their sum. The same file again proposes nothing. A file that was
    rejected can be corrected and proposed anew. If the command is interrupted, run it again.
    """
    from kindpakket.backoffice.batches.proposing import propose_file

    mapping = mapping_of(mapping_file, encoding, delimiter, sheet)
    rules = session.municipality(closing=False).schemes.show(scheme_id)["rules"]
    with read_children(file_path, rules, mapping, bands, ages_on) as file:
        municipality = session.municipality()
        with place.open(session, "intake-propose", reason) as register:
            proposed = propose_file(
                municipality,
                register,
                scheme_id,
                period,
                file,
                rules=rules,
                reason=reason,
                days=days,
                again=again,
                counted=counted,
            )
        if session.as_json:
            if proposed.over:
                raise over(proposed.over[0].allocation)
            session.answer(document_of(file, proposed))
            return
        note_outcomes(file, proposed)
        if proposed.over:
            raise over(proposed.over[0].allocation)
        for sentence in sentences_about(proposed):
            click.echo(sentence)


@click.command("issue")
@click.argument("batch_id", metavar="[BATCH]", required=False)
@click.option("--scheme", "scheme_id", help="Without BATCH: only what was approved for this scheme.")
@register_options()
@acting_as("issuer")
def issue(session: Session, batch_id: str | None, scheme_id: str | None, place: RegisterPlace) -> None:
    """Issue the vouchers of BATCH that another person has approved; without BATCH, all that was approved.

    If it is interrupted at any moment, run it again: no voucher is issued twice, and none is left out.
    """
    from kindpakket.backoffice.batches.issuing import issue_approved

    municipality = session.municipality()
    vouchers = cents = 0
    waiting: list[Allocated] = []
    ended: list[Allocated] = []
    with place.open(session, "intake-issue", "intake") as register:
        for scheme, bulks in _to_issue(register, batch_id, scheme_id):
            issued = issue_approved(municipality, register, scheme, bulks=bulks, counted=counted)
            vouchers, cents = vouchers + issued.vouchers, cents + issued.cents
            waiting += issued.waiting
            ended += issued.over
    if batch_id is not None and ended:
        raise over(ended[0].allocation, "kindpakket intake propose FILE --again")
    for each in ended:
        note(f"Allocation {each.allocation['id']} is over: {not_issued(each)} vouchers are not issued.")
    done = f"{vouchers} vouchers have been issued, of {euros(cents)} in all." if vouchers else ""
    if waiting:
        raise waits_for([each.allocation for each in waiting], done)
    answer = {"vouchers": vouchers, "issued_cents": cents}
    if session.as_json:
        session.answer(answer)
    else:
        click.echo(done or "Nothing is left to be issued.")


@click.command("status")
@click.argument("batch_id", metavar="[BATCH]", required=False)
@click.option("--scheme", "scheme_id", help="Without BATCH: only of this scheme.")
@click.option(
    "--rows", type=click.Choice(_OUTCOMES), help="List the rows of BATCH with this outcome, and vouchers."
)
@register_options()
@acting_as(*MUNICIPALITY)
def status(
    session: Session, batch_id: str | None, scheme_id: str | None, rows: str | None, place: RegisterPlace
) -> None:
    """Show how far each file has come: what it changed, who proposed and approved it, and what is next.

    Rows and vouchers are named by number and id; nobody's data is shown.
    """
    from kindpakket.backoffice.batches.standing import standing_of

    if rows is not None and batch_id is None:
        raise Wrong("--rows lists the rows of one batch: name the batch")
    municipality = session.municipality(closing=False)
    with place.open(session, "intake-status", "intake") as register:
        if rows is not None and batch_id is not None:
            _answer_rows(session, register, _batch(register, batch_id), rows)
            return
        chosen = register.batches.all(scheme_id) if batch_id is None else [_batch(register, batch_id)]
        found = [standing_of(municipality, register, batch) for batch in chosen]
        changes: list[Change] = []
        if batch_id is not None:
            from kindpakket.backoffice.batches.changes import changes_of

            (standing,) = found
            rules = municipality.schemes.show(standing.batch.scheme)["rules"]
            changes = list(changes_of(municipality, register, standing.batch, rules))
    if batch_id is None:
        session.answer([standing_as_json(each) for each in found] if session.as_json else found, COLUMNS)
    elif session.as_json:
        session.answer({**standing_as_json(found[0]), "changes": [each.as_json() for each in changes]})
    else:
        session.answer(shown(found[0]))
        for sentence in about_changes(found[0].batch, changes):
            click.echo(sentence)


def _answer_rows(session: Session, register: Register, batch: Batch, outcome: str) -> None:
    rows = [
        {"row": line.number, "voucher": line.voucher or None, "outcome": line.outcome, "detail": line.detail}
        for line in register.batches.lines(batch.id, outcome)
    ]
    session.answer(
        rows,
        {
            "row": lambda row: row["row"] or "-",
            "voucher": lambda row: row["voucher"] or "-",
            "what": lambda row: row["detail"] or "-",
        },
        title=f"{len(rows)} {outcome}",
    )


def _to_issue(
    register: Register, batch_id: str | None, scheme_id: str | None
) -> list[tuple[str, list[str] | None]]:
    """The schemes to issue in, with the bulks; None: all of them."""
    if batch_id is not None:
        batch = _batch(register, batch_id)
        return [(batch.scheme, register.batches.bulk_ids_of(batch.id))]
    if scheme_id is not None:
        return [(scheme_id, None)]
    return [(scheme, None) for scheme in dict.fromkeys(batch.scheme for batch in register.batches.all())]


def _batch(register: Register, identifier: str) -> Batch:
    batch = register.batches.get(identifier)
    if batch is None:
        raise Refused(
            f"{register.name} has no batch {identifier}: kindpakket intake status lists them", "NO_SUCH"
        )
    return batch


COMMANDS = (propose, issue, status)
"""Commands of the group `intake`."""
