"""`kindpakket intake propose`, `issue` and `status`: from a file of children to vouchers on the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.allocation import allocation_options, over, waits_for
from kindpakket_cli.children_file import age_options, mapping_of, read_children, table_options
from kindpakket_cli.contract import Refused, Wrong
from kindpakket_cli.files import READABLE
from kindpakket_cli.output import counted, note
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import MUNICIPALITY, Session, acting_as

if TYPE_CHECKING:
    from kindpakket.backoffice.batches.changes import Change
    from kindpakket.backoffice.batches.proposing import Proposed
    from kindpakket.backoffice.batches.reading import ReadFile
    from kindpakket.backoffice.batches.standing import Standing
    from kindpakket.backoffice.batches.stock import Allocated
    from kindpakket.backoffice.register import Batch, Register

_SHOWN = 10
_OUTCOMES = ("new", "unchanged", "changed", "gone", "refused", "issued")
_NEXT = {
    "correct": "correct the refused rows, and propose the file again: --rows refused lists them",
    "propose": "propose the file: kindpakket intake propose FILE",
    "approve": "another person approves it: kindpakket allocation approve {scheme} {allocation}",
    "issue": "issue it: kindpakket intake issue {batch}",
    "propose-again": "its allocation is over: kindpakket intake propose FILE --again",
    "nothing": "nothing: all of it has been issued",
}


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

    Compares the file with the register, says what it changes, and proposes an allocation with the file's
    SHA-256, the number of vouchers and their sum. The same file again proposes nothing. A file that was
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
            session.answer(_document(file, proposed))
            return
        note_outcomes(file, proposed)
        if proposed.over:
            raise over(proposed.over[0].allocation)
        for sentence in _sentences(proposed):
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
        note(f"Allocation {each.allocation['id']} is over: {_vouchers(each)} vouchers are not issued.")
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
        chosen = register.batches(scheme_id) if batch_id is None else [_batch(register, batch_id)]
        found = [standing_of(municipality, register, batch) for batch in chosen]
        changes: list[Change] = []
        if batch_id is not None:
            from kindpakket.backoffice.batches.changes import changes_of

            (standing,) = found
            rules = municipality.schemes.show(standing.batch.scheme)["rules"]
            changes = list(changes_of(municipality, register, standing.batch, rules))
    if batch_id is None:
        session.answer([_standing(each) for each in found] if session.as_json else found, _COLUMNS)
    elif session.as_json:
        session.answer({**_standing(found[0]), "changes": [each.as_json() for each in changes]})
    else:
        session.answer(_shown(found[0]))
        for sentence in _about_changes(found[0].batch, changes):
            click.echo(sentence)


def note_outcomes(file: ReadFile, proposed: Proposed) -> None:
    """Say what a file changes."""
    batch = proposed.batch
    seen = f"{file.source}, SHA-256 {file.sha256}"
    if proposed.is_repeated:
        note(f"{seen}: this file is batch {batch.id} of {_day(batch.made_at)}, and changes nothing now.")
    else:
        note(f"{seen}: {_counts(batch)}.")
    if proposed.undone:
        note(
            f"{proposed.undone} vouchers of earlier files, never proposed or with an allocation that is "
            "over, were removed from the register."
        )
    for each in proposed.others:
        note(
            f"Allocation {each.allocation['id']} of an earlier file is {each.allocation['state']}, and "
            f"{_vouchers(each)} of its vouchers are not issued. If this file takes its place, "
            f"{'reject' if each.allocation['state'] == 'proposed' else 'withdraw'} that allocation, and "
            "propose this file again."
        )
    for sentence in _about_changes(batch, proposed.changes):
        note(sentence)


def _sentences(proposed: Proposed) -> Iterator[str]:
    """What is proposed, and what is next."""
    batch = proposed.batch
    for each in proposed.waiting:
        made = "Proposed" if each.allocation is proposed.allocation else "Proposed before"
        yield (
            f"{made}: {each.allocation['vouchers']} vouchers, {euros(each.allocation['cents'])}, as "
            f"allocation {each.allocation['id']}. Another person approves it with\n"
            f"  kindpakket allocation approve {batch.scheme} {each.allocation['id']}"
        )
    if proposed.approved:
        count = sum(map(_vouchers, proposed.approved))
        yield f"{count} vouchers have been approved. Issue them with\n  kindpakket intake issue {batch.id}"
    elif proposed.waiting:
        yield f"Then issue them with\n  kindpakket intake issue {batch.id}"
    else:
        yield "Nothing is left to be proposed: all vouchers of this file have been issued."
    if gone := batch.counts["gone"]:
        yield (
            f"{gone} children who were enrolled are not in the file. Their vouchers stay as they are; list "
            f"them with\n  kindpakket intake status {batch.id} --rows gone"
        )


def _about_changes(batch: Batch, changes: Sequence[Change]) -> Iterator[str]:
    """What to do about vouchers that have had something else than the file says."""
    if not changes:
        return
    yield f"{len(changes)} children have had another amount than the file says:"
    by_top_up: dict[tuple[str, int], list[Change]] = {}
    for change in changes:
        by_top_up.setdefault((change.preset, change.units), []).append(change)
    period = f"{batch.period}-{batch.sha256[:8]}"
    for (preset, units), found in sorted(by_top_up.items()):
        ids = " ".join(change.voucher for change in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more: --json has them all" if len(found) > _SHOWN else ""
        if preset:
            yield (
                f"  {len(found)} can be topped up, if that is meant, with kindpakket voucher top-up "
                f"{batch.scheme} {ids} --preset {preset} --units {units} --period {period}{more}"
            )
        else:
            less = sum(change.had_cents > change.file_cents for change in found)
            why = "have had more" if less == len(found) else "have had more, or less by no whole preset"
            yield f"  {len(found)} {why}; nothing is done about them: {ids}{more}"


def _document(file: ReadFile, proposed: Proposed) -> dict[str, object]:
    batch = proposed.batch
    following = "approve" if proposed.waiting else "issue" if proposed.approved else "nothing"
    return {
        "file": file.source,
        "sha256": file.sha256,
        "batch": batch.id,
        "scheme": batch.scheme,
        "period": batch.period,
        "rows": dict(batch.counts),
        "repeated": proposed.is_repeated,
        "proposed": proposed.allocation,
        "waiting": [_allocation(each) for each in proposed.waiting],
        "approved": [_allocation(each) for each in proposed.approved],
        "others": [_allocation(each) for each in proposed.others],
        "undone": proposed.undone,
        "changes": [change.as_json() for change in proposed.changes],
        "next": following,
    }


def _allocation(each: Allocated) -> dict[str, object]:
    return {
        **{name: each.allocation.get(name) for name in ("id", "state", "vouchers", "cents", "expires_at")},
        "not_issued": _vouchers(each),
    }


def _vouchers(each: Allocated) -> int:
    return sum(bulk.vouchers for bulk in each.bulks)


def _standing(standing: Standing) -> dict[str, object]:
    batch = standing.batch
    return {
        "batch": batch.id,
        "scheme": batch.scheme,
        "period": batch.period,
        "sha256": batch.sha256,
        "made_at": batch.made_at,
        "rows": dict(batch.counts),
        "issued": standing.issued,
        "not_issued": standing.open,
        "allocations": list(standing.allocations),
        "next": standing.next,
    }


def _shown(standing: Standing) -> dict[str, object]:
    """One batch for people, a line for each member."""
    batch, envelope = standing.batch, standing.envelope
    shown: dict[str, object] = {
        "batch": batch.id,
        "scheme": batch.scheme,
        "period": batch.period,
        "compared": _day(batch.made_at),
        "file (SHA-256)": batch.sha256 or "-",
        "rows": _counts(batch),
        "issued": f"{standing.issued} of the file's rows",
        "not issued": f"{standing.open} vouchers",
    }
    if envelope is not None:
        shown |= {
            "allocation": envelope["id"],
            "envelope": f"{envelope['vouchers']} vouchers, {euros(envelope['cents'])}",
            "state": envelope["state"],
            "proposed by": envelope["proposed_by"],
            "decided by": envelope.get("decided_by", "-"),
            "drawn": f"{envelope['used_vouchers']} vouchers, {euros(envelope['used_cents'])}",
        }
    return {**shown, "next": _what_is_next(standing)}


def _what_is_next(standing: Standing) -> str:
    allocation = standing.envelope["id"] if standing.envelope is not None else ""
    return _NEXT[standing.next].format(
        scheme=standing.batch.scheme, batch=standing.batch.id, allocation=allocation
    )


_COLUMNS: dict[str, Any] = {
    "batch": lambda standing: standing.batch.id,
    "period": lambda standing: standing.batch.period,
    "compared": lambda standing: _day(standing.batch.made_at),
    "file": lambda standing: standing.batch.sha256[:16],
    "rows": lambda standing: _counts(standing.batch),
    "proposed": lambda standing: (
        f"{standing.envelope['vouchers']} by {standing.envelope['proposed_by']}" if standing.envelope else "-"
    ),
    "amount": lambda standing: euros(standing.envelope["cents"]) if standing.envelope else "-",
    "decided by": lambda standing: (standing.envelope or {}).get("decided_by", "-"),
    "not issued": lambda standing: standing.open,
    "next": lambda standing: standing.next,
}


def _answer_rows(session: Session, register: Register, batch: Batch, outcome: str) -> None:
    rows = [
        {"row": line.number, "voucher": line.voucher or None, "outcome": line.outcome, "detail": line.detail}
        for line in register.batch_lines(batch.id, outcome)
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
        return [(batch.scheme, register.bulk_ids_of(batch.id))]
    if scheme_id is not None:
        return [(scheme_id, None)]
    return [(scheme, None) for scheme in dict.fromkeys(batch.scheme for batch in register.batches())]


def _batch(register: Register, identifier: str) -> Batch:
    batch = register.batch(identifier)
    if batch is None:
        raise Refused(
            f"{register.name} has no batch {identifier}: kindpakket intake status lists them", "NO_SUCH"
        )
    return batch


def _counts(batch: Batch) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in batch.counts.items() if count) or "no rows"


def _day(instant: int) -> str:
    from kindpakket.ledger.days import day_of

    return day_of(instant)


COMMANDS = (propose, issue, status)
"""Commands of the group `intake`."""
