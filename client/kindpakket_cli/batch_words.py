"""How batches of children are shown: what a file changes, how far it has come, and what is next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kindpakket.ledger.money import euros
from kindpakket_cli.output import note

if TYPE_CHECKING:
    from kindpakket.backoffice.batches.changes import Change
    from kindpakket.backoffice.batches.proposing import Proposed
    from kindpakket.backoffice.batches.reading import ReadFile
    from kindpakket.backoffice.batches.standing import Standing
    from kindpakket.backoffice.batches.stock import Allocated
    from kindpakket.backoffice.register import Batch

_SHOWN = 10
_NEXT = {
    "correct": "correct the refused rows, and propose the file again: --rows refused lists them",
    "propose": "propose the file: kindpakket intake propose FILE",
    "approve": "another person approves it: kindpakket allocation approve {scheme} {allocation}",
    "issue": "issue it: kindpakket intake issue {batch}",
    "propose-again": "its allocation is over: kindpakket intake propose FILE --again",
    "replaced": "nothing: a later file took its place",
    "nothing": "nothing: all of it has been issued",
}


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
            f"{not_issued(each)} of its vouchers are not issued. If this file takes its place, "
            f"{'reject' if each.allocation['state'] == 'proposed' else 'withdraw'} that allocation, and "
            "propose this file again."
        )
    for sentence in about_changes(batch, proposed.changes):
        note(sentence)


def sentences_about(proposed: Proposed) -> Iterator[str]:
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
        count = sum(map(not_issued, proposed.approved))
        yield f"{count} vouchers have been approved. Issue them with\n  kindpakket intake issue {batch.id}"
    elif proposed.waiting:
        yield f"Then issue them with\n  kindpakket intake issue {batch.id}"
    else:
        yield "Nothing is left to be proposed: all vouchers of this file have been issued."
    if gone := batch.counts["gone"]:
        yield (
            f"Not in the file, though enrolled: {gone}. Their vouchers stay as they are; list them with\n"
            f"  kindpakket intake status {batch.id} --rows gone"
        )


def about_changes(batch: Batch, changes: Sequence[Change]) -> Iterator[str]:
    """What to do about vouchers that have had something else than the file says."""
    if not changes:
        return
    people = f"{len(changes)} children have" if len(changes) > 1 else "1 child has"
    yield f"{people} had another amount than the file says:"
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


def document_of(file: ReadFile, proposed: Proposed) -> dict[str, object]:
    """What became of a file, as programs read it."""
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
        "not_issued": not_issued(each),
    }


def not_issued(each: Allocated) -> int:
    """How many vouchers of an allocation are not issued."""
    return sum(bulk.vouchers for bulk in each.bulks)


def standing_as_json(standing: Standing) -> dict[str, object]:
    """How far a batch has come, as programs read it."""
    batch = standing.batch
    return {
        "batch": batch.id,
        "scheme": batch.scheme,
        "period": batch.period,
        "sha256": batch.sha256,
        "file_salt": standing.commitment.salt if standing.commitment else None,
        "file_commitment": standing.commitment.digest if standing.commitment else None,
        "made_at": batch.made_at,
        "rows": dict(batch.counts),
        "issued": standing.issued,
        "not_issued": standing.open,
        "allocations": list(standing.allocations),
        "next": standing.next,
    }


def shown(standing: Standing) -> dict[str, object]:
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
            "envelope": f"{envelope['vouchers']} vouchers, {euros(envelope['cents'])}, "
            + ("of this file" if standing.is_of_the_file else "NOT OF THIS FILE"),
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


COLUMNS: dict[str, Any] = {
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


def _counts(batch: Batch) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in batch.counts.items() if count) or "no rows"


def _day(instant: int) -> str:
    from kindpakket.ledger.days import day_of

    return day_of(instant)
