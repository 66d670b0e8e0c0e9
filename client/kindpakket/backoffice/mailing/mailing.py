"""Prints letters: plans a run, makes its letters, binds their vouchers, and says what is left to do.

A run goes through three states, and goes on from each of them after an interruption, also `kill -9`:

1. `planned`: the register knows each letter and its vouchers. The letters are being made, with secrets that
   are drawn for each when its turn comes.
2. `made`: all letters are whole. Their vouchers are being bound.
3. `done`: every voucher is settled.

No voucher is bound before its letter is whole, and none is in two runs. What is bound is on the ledger, so
that nothing is bound twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kindpakket.backoffice.letters import RunError, Summary, Templates, VoucherRecord, manifest, read_records
from kindpakket.backoffice.letters.run import finished_run, unfinished_folder
from kindpakket.backoffice.mailing.errors import MailingError
from kindpakket.backoffice.mailing.on_ledger import on_ledger
from kindpakket.backoffice.mailing.order import MailingOrder, check_same, differences
from kindpakket.backoffice.mailing.planning import Plan, check_proofs, check_texts, plan_again, plan_first
from kindpakket.backoffice.mailing.print_order import order_text, write_order
from kindpakket.backoffice.mailing.settling import Settled, settle, waiting
from kindpakket.backoffice.mailing.tills_file import write_pages
from kindpakket.backoffice.mailing.writing import LetterMaker
from kindpakket.backoffice.register import LetterRun, Register
from kindpakket.municipality import Municipality

Progress = Callable[[int, str], AbstractContextManager[Callable[[int], None] | None]]
"""Shows progress: is given how many there are and what is done, and then how many more are done."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """What a run has made.

    Attributes:
        run: the run.
        summary: its letters, for the print house; None: there was nothing to print.
        order: the order for the print house.
        pages: the file for tills that take typed pages; None: there are no booklets.
        settled: what became of its vouchers.
        take_out: the letters that must not be sent, by reference, each with its file.
        waiting: replacements that another person has to approve: voucher -> id of the change.
        left_out: how many vouchers without a letter got none, by the reason.
    """

    run: LetterRun | None
    summary: Summary | None = None
    order: Path | None = None
    pages: Path | None = None
    settled: Settled = field(default_factory=Settled)
    take_out: Mapping[str, str] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


def print_letters(
    municipality: Municipality,
    register: Register,
    scheme: str,
    folder: Path,
    templates: Templates,
    order: MailingOrder,
    *,
    batch: str | None = None,
    official: str = "",
    progress: Progress | None = None,
) -> Mailed:
    """Print a letter to each household with vouchers that have been issued and have no letter, and bind them.

    Interrupted at any moment: call it again in the same way.

    Args:
        municipality: binds the vouchers: not as the person who issued them.
        register: has the households, and notes the letters.
        scheme: id of the scheme.
        folder: the folder to make for the print house.
        templates: the municipality's.
        order: what is to be printed.
        batch: only vouchers that this batch enrolled.
        official: the person id in the certificate of whoever prints.
        progress: shows how many letters and vouchers are done.

    Raises:
        MailingError: nothing was planned; the message says why.
        RegisterError: a voucher has got a letter meanwhile, or somebody has been erased.
        RunError: see `write_letters`.
        TemplateError: the templates cannot be used; the run can go on once they can, with the same templates.
    """

    def planned(_: MailingOrder) -> Plan:
        return plan_first(municipality, register, scheme, order, batch=batch, official=official)

    return _Mailing(municipality, register, scheme, folder, templates, progress).run(
        order, planned, batch=batch or ""
    )


def reprint_letters(
    municipality: Municipality,
    register: Register,
    scheme: str,
    folder: Path,
    templates: Templates,
    order: MailingOrder,
    *,
    vouchers: Sequence[str],
    reason: str,
    progress: Progress | None = None,
) -> Mailed:
    """Print new booklets for vouchers whose booklets or print files are lost, and propose them.

    Each voucher is blocked at once, until another person approves its new booklet. Otherwise as
    `print_letters`.

    Args:
        municipality: proposes the replacements, as an issuer.
        register: has the households, and notes the letters.
        scheme: id of the scheme.
        folder: the folder to make for the print house.
        templates: the municipality's.
        order: what is to be printed: booklets.
        vouchers: the vouchers.
        reason: why: a code, such as `lost`.
        progress: shows how many letters and vouchers are done.
    """
    if order.kind != "booklet":
        raise MailingError("only booklets are printed again: a phone is bound by its holder")

    def planned(_: MailingOrder) -> Plan:
        return plan_again(municipality, register, scheme, order, vouchers)

    return _Mailing(municipality, register, scheme, folder, templates, progress).run(
        order, planned, reason=reason, again=sorted(set(vouchers))
    )


class _Mailing:
    """One call: what a run is made with."""

    def __init__(
        self,
        municipality: Municipality,
        register: Register,
        scheme: str,
        folder: Path,
        templates: Templates,
        progress: Progress | None,
    ) -> None:
        self._municipality = municipality
        self._register = register
        self._scheme = scheme
        self._folder = folder.absolute()
        self._templates = templates
        self._progress = progress

    def run(self, order: MailingOrder, planned: Callable[[MailingOrder], Plan], **more: object) -> Mailed:
        """Go on with the run of the folder, or begin one."""
        rules = self._municipality.schemes.show(self._scheme)["rules"]
        check_proofs(rules, order)
        texts = check_texts(self._templates, order, rules["name"])
        order_text(self._templates)
        terms: dict[str, Any] = {**order.as_terms(self._templates), "texts": texts, **more}
        run = self._unfinished() or self._finished(terms)
        left_out: Mapping[str, int] = {}
        if run is None or (not run.is_unfinished and not more.get("again") and planned(order).letters):
            self._check_new()
            plan = planned(order)
            left_out = plan.left_out
            if not plan.letters:
                return Mailed(None, left_out=left_out)
            run = self._register.letters.plan(self._scheme, str(self._folder), terms, plan.letters)
        elif run.is_unfinished:
            check_same(run.terms, terms, run.id)
        summary = self._write(run)
        records = {record.voucher: record for record in read_records(summary.records)}
        return self._settle(run, summary, records, left_out)

    def _write(self, run: LetterRun) -> Summary:
        """The letters of a run, whole."""
        summary = finished_run(self._folder, run.id)
        if summary is None:
            if run.state != "planned":
                raise MailingError(
                    f"the letters of run {run.id} are no longer in {self._folder}, and vouchers may be bound "
                    f"to them: run kindpakket letters discard {run.id}, then letters print for the vouchers "
                    "that are not bound, and letters reprint for the others"
                )
            states = on_ledger(self._municipality, run.scheme, list(self._register.letters.ordered(run.id)))
            domain = self._municipality.caller.domain
            maker = LetterMaker(self._register, run, self._templates, domain, states)
            with self._shown(run.letters, "Letters") as progress:
                summary = maker.write(progress)
        problems = manifest.problems(summary.folder)
        if problems:
            raise RunError("\n".join([f"{summary.folder} is not as it was made:", *problems]))
        if run.state == "planned":
            self._register.letters.note_made(run.id, manifest.lines_of(summary.folder))
        return summary

    def _settle(
        self,
        run: LetterRun,
        summary: Summary,
        records: Mapping[str, VoucherRecord],
        left_out: Mapping[str, int],
    ) -> Mailed:
        with self._shown(sum(run.vouchers.values()), "Binding") as progress:
            settled = settle(self._municipality, self._register, run, records, progress)
        again = bool(run.terms.get("again"))
        states = self._register.letters.voucher_states(run.id)
        valid = {voucher for voucher, state in states.items() if state == "valid"}
        void = [voucher for voucher, state in states.items() if state == "void"]
        pages = write_pages(self._folder, records, valid)
        order = write_order(summary, self._templates, run.id)
        self._register.letters.finish(run.id)
        return Mailed(
            self._register.letters.run(run.id),
            summary,
            order,
            pages,
            settled,
            self._register.letters.letters_of(run.id, void),
            waiting(self._municipality, run, records) if again else {},
            left_out,
        )

    def _unfinished(self) -> LetterRun | None:
        """The run of this folder that has to go on."""
        for run in self._register.letters.runs(self._scheme):
            if run.is_unfinished and Path(run.folder) == self._folder:
                return run
        return None

    def _finished(self, terms: Mapping[str, Any]) -> LetterRun | None:
        """The run that made this folder just so, as one that was killed when it had done everything."""
        identifier = manifest.run_of(self._folder)
        for run in self._register.letters.runs(self._scheme):
            if run.id == identifier and run.state == "done" and not differences(run.terms, terms):
                return run
        return None

    def _check_new(self) -> None:
        if self._folder.exists():
            raise MailingError(f"{self._folder} exists: give a folder that does not")
        unfinished = unfinished_folder(self._folder)
        if unfinished.exists():
            raise MailingError(
                f"{unfinished} is of a run that this register does not know: delete it, or give another "
                "folder"
            )

    def _shown(self, count: int, what: str) -> AbstractContextManager[Callable[[int], None] | None]:
        return nullcontext() if self._progress is None else self._progress(count, what)
