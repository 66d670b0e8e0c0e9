"""Approves the new booklets of a run, by another person than the one who printed them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kindpakket.backoffice.letters import read_records
from kindpakket.backoffice.letters.run import finished_run
from kindpakket.backoffice.mailing.errors import MailingError
from kindpakket.backoffice.mailing.settling import waiting
from kindpakket.backoffice.register import Register
from kindpakket.municipality import Municipality


def approve(
    municipality: Municipality,
    register: Register,
    run: str,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Approve the replacements that a run proposed and nobody has decided on; return of how many.

    Only what is proposed with the booklet of the run's letter is approved, and nothing else that waits. If it
    is interrupted, run it again.

    Args:
        municipality: approves, as an approver who neither proposed nor blocked them.
        register: has the run.
        run: the id of the run.
        progress: called with a number of vouchers each time that many more are done.

    Raises:
        MailingError: the run did not print booklets again, or is not finished, or its records are gone.
        RegisterError: there is no such run.
    """
    found = register.letters.run(run)
    if not found.terms.get("again"):
        raise MailingError(f"run {run} proposed nothing: only runs of letters reprint are approved")
    if found.is_unfinished:
        raise MailingError(f"run {run} is not finished: the person who printed it has to finish it first")
    folder = Path(found.folder)
    summary = finished_run(folder, run)
    if summary is None or not summary.records.is_file():
        raise MailingError(
            f"the records of run {run} are not beside {folder}: approve each voucher by itself with "
            "kindpakket voucher approve-replacement"
        )
    records = {record.voucher: record for record in read_records(summary.records)}
    changes = waiting(municipality, found, records)
    for voucher, change in changes.items():
        municipality.vouchers.approve_replacement(found.scheme, voucher, change)
        if progress is not None:
            progress(1)
    return len(changes)
