"""The register's part for files of children: each is a batch, compared first and enrolled then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kindpakket.backoffice.citizens import Child
from kindpakket.backoffice.register import batches, comparison, enrolment, entries
from kindpakket.backoffice.register.batches import Batch, BatchLine, ChangedTerms
from kindpakket.backoffice.register.comparison import Cost, Progress
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.values import Bulk


class BatchBook:
    """The batches that a register keeps. `Register.batches` gives it."""

    def __init__(self, store: Store) -> None:
        """Work on an open register."""
        self._store = store

    def compare(
        self,
        scheme: str,
        period: str,
        children: Iterable[Child],
        *,
        sha256: str = "",
        cost: Cost | None = None,
        progress: Progress | None = None,
    ) -> Batch:
        """Find out what a file of children would change, in one pass; nothing is enrolled.

        Args:
            scheme: id of the scheme.
            period: the period in which a child gets one voucher.
            children: the file's children; they are read once, some hundreds at a time.
            sha256: of the file, in hexadecimal.
            cost: gives the cents of a child's voucher.
            progress: called with a number of children each time that many are done.

        Returns:
            The batch, which the register keeps with an outcome for each line of the file.
        """
        return comparison.compare(
            self._store, scheme, period, children, sha256=sha256, cost=cost, progress=progress
        )

    def enrol(self, batch: Batch, children: Iterable[Child], progress: Progress | None = None) -> Batch:
        """Enrol what a batch found to be new, and renew names, birth dates and households that changed.

        Interrupted at any moment, also by `kill -9`: compare the file again, then enrol that batch.

        Args:
            batch: what `compare` returned.
            children: the same children.
            progress: called with a number of children each time that many are done.

        Raises:
            RegisterError: the batch has refused lines; nothing was enrolled.
        """
        return enrolment.enrol_batch(self._store, batch, children, progress)

    def all(self, scheme: str | None = None) -> list[Batch]:
        """All batches, oldest first, or those of a scheme."""
        return batches.batches(self._store, scheme)

    def get(self, identifier: str) -> Batch | None:
        """A batch by its id; None: there is none."""
        return batches.batch(self._store, identifier)

    def enrolled_before(self, batch: Batch) -> Batch | None:
        """The newest earlier batch of the same file, scheme and period that was enrolled; None: none."""
        return batches.enrolled_before(self._store, batch)

    def repeats(self, batch: Batch, earlier: Batch) -> bool:
        """Whether a batch of the same file says nothing that the earlier one did not say."""
        return batches.repeats(self._store, batch, earlier)

    def is_replaced(self, batch: Batch) -> bool:
        """Whether nothing came of a batch, and a later file of the scheme and period was enrolled."""
        return batches.is_replaced(self._store, batch)

    def forget(self, batch: Batch) -> None:
        """Forget a batch that changed nothing, such as that of a file that comes a second time."""
        batches.forget(self._store, batch)

    def issued_lines(self, batch: Batch) -> int:
        """For how many lines of a batch's file the register knows that a voucher has been issued."""
        return batches.issued_lines(self._store, batch)

    def changed_terms(self, batch: Batch) -> list[ChangedTerms]:
        """The children of a batch's file whose vouchers were issued with another preset or units."""
        return batches.changed_terms(self._store, batch)

    def lines(self, batch: str, outcome: str | None = None) -> Iterator[BatchLine]:
        """The lines of a batch in the order of the file, or those with one outcome."""
        return batches.lines(self._store, batch, outcome)

    def bulks_of(self, batch: str) -> Iterator[Bulk]:
        """The bulks that contain the children of a batch's file, oldest first; read one at a time."""
        bulks = enrolment.bulks_of(self._store, batch)
        entries.log_bulks(self._store, bulks, "batch.read")
        for bulk in bulks:
            yield entries.read_bulk(self._store, bulk)

    def bulk_ids_of(self, batch: str) -> list[str]:
        """The request ids of the bulks that contain the children of a batch's file, oldest first."""
        return enrolment.bulks_of(self._store, batch)
