"""Makes the letters of a planned run: each from the register when its turn comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from kindpakket.backoffice.letters import (
    Letter,
    LetterVoucher,
    Order,
    Printed,
    Summary,
    Templates,
    VoucherRecord,
    VoucherTerms,
    booklet_voucher,
    phone_voucher,
    write_letters,
)
from kindpakket.backoffice.mailing.on_ledger import OnLedger
from kindpakket.backoffice.register import Entry, LetterRun, PlannedLetter, Register
from kindpakket.ledger.domain import Domain

_GROUP = 4


class LetterMaker:
    """Makes the letters of one run."""

    def __init__(
        self,
        register: Register,
        run: LetterRun,
        templates: Templates,
        domain: Domain,
        states: Mapping[str, OnLedger],
    ) -> None:
        """Make letters for a planned run.

        Args:
            register: gives the households' data, letter by letter.
            run: the run.
            templates: the municipality's.
            domain: the channel and chaincode on which the vouchers are.
            states: the vouchers on the ledger.
        """
        self._register = register
        self._run = run
        self._terms: Mapping[str, Any] = run.terms
        self._templates = templates
        self._domain = domain
        self._states = states

    def write(self, progress: Callable[[int], None] | None) -> Summary:
        """Make all letters, or those that an interrupted run has left.

        Args:
            progress: called with a number of letters each time that many more are done.

        Raises:
            RegisterError: whom a letter is for has been erased meanwhile.
            RunError: see `write_letters`.
            TemplateError: see `write_letters`.
        """
        self._register.letters.log_printing(self._run)
        done = 0

        def more(number: int) -> None:
            nonlocal done
            if progress is not None:
                progress(number - done)
            done = number

        return write_letters(
            self._orders(),
            Path(self._run.folder),
            self._templates,
            per_file=self._terms["per_file"],
            run=self._run.id,
            progress=more,
        )

    def _orders(self) -> Iterator[Order]:
        for letter in self._register.letters.letters(self._run.id):
            yield Order(letter.reference, partial(self._make, letter))

    def _make(self, letter: PlannedLetter) -> Printed:
        content = self._register.letters.content(letter)
        language = content.household.language
        texts = self._templates.settings.schemes[self._terms["texts"]]
        if language not in texts or language not in self._templates.languages:
            language = self._terms["language"]
        versions = dict(letter.vouchers)
        made = [self._voucher(entry, versions[entry.voucher], language) for entry in content.entries]
        printed = Letter(
            language,
            date.fromisoformat(self._terms["dated"]),
            tuple(voucher for voucher, _ in made),
            () if self._terms["address"] == "none" else content.household.address,
            in_groups(letter.reference),
        )
        return Printed(printed, tuple(record for _, record in made))

    def _voucher(self, entry: Entry, version: int, language: str) -> tuple[LetterVoucher, VoucherRecord]:
        state = self._states[entry.voucher]
        texts = self._templates.settings.schemes[self._terms["texts"]][language]
        terms = VoucherTerms(
            texts.name,
            texts.purpose,
            texts.where,
            state.until,
            cents=state.cents or None,
            child=entry.child.first_names.split()[0] if entry.child.first_names.strip() else "",
        )
        if self._terms["kind"] == "phone":
            return phone_voucher(self._domain, self._run.scheme, entry.voucher, terms)
        return booklet_voucher(
            self._domain,
            self._run.scheme,
            entry.voucher,
            terms,
            pages=self._terms["pages"],
            version=version,
        )


def in_groups(reference: str) -> str:
    """A letter's reference as people read it, such as `3f2a 91bc 77de 01ab`."""
    return " ".join(reference[at : at + _GROUP] for at in range(0, len(reference), _GROUP))
