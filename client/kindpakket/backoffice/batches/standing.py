"""How far a batch has come: its envelope, who proposed and approved it, what is issued, and what is next."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from kindpakket.backoffice.batches.commitment import FileCommitment, commit_to
from kindpakket.backoffice.batches.stock import Clock, find, take_stock
from kindpakket.backoffice.register import Batch, Register
from kindpakket.ledger.records import Allocation
from kindpakket.municipality import Municipality

Next = Literal["correct", "propose", "approve", "issue", "propose-again", "replaced", "nothing"]
"""What has to be done: correct refused lines of the file, propose it, approve its allocation (another person
does), issue it, propose anew what an allocation was over for; or nothing, because a later file took its place
or all has been issued."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a batch has come.

    Attributes:
        batch: the batch, with its rows by outcome as they were when the file was compared.
        allocations: the allocations for the file, oldest first, as the ledger has them.
        issued: how many of the file's rows have a voucher on the ledger, of this file or an earlier one.
        open: how many vouchers of the file are not issued yet.
        next: what has to be done.
        commitment: how allocations name the file, and the salt to show that; None: the batch is of no file.
    """

    batch: Batch
    allocations: tuple[Allocation, ...]
    issued: int
    open: int
    next: Next
    commitment: FileCommitment | None

    @property
    def is_of_the_file(self) -> bool:
        """Whether the newest allocation names the batch's file."""
        if self.envelope is None or self.commitment is None:
            return False
        return self.envelope.get("file_commitment") == self.commitment.digest

    @property
    def envelope(self) -> Allocation | None:
        """The newest allocation, which has the number of vouchers and the sum; None: nothing was proposed."""
        return self.allocations[-1] if self.allocations else None


def standing_of(
    municipality: Municipality, register: Register, batch: Batch, *, clock: Clock = time.time
) -> Standing:
    """How far a batch has come. The register learns from the ledger what has been issued meanwhile.

    Args:
        municipality: acts as anybody who may read allocations.
        register: the register.
        batch: the batch.
        clock: gives the time in Unix seconds.
    """
    proposals = register.proposals_of(batch.id)
    bulks = register.batches.bulk_ids_of(batch.id)
    stock = take_stock(municipality, register, batch.scheme, bulks, mend=False, clock=clock)
    allocations = tuple(
        found for proposal in proposals if (found := find(municipality, proposal)) is not None
    )
    following: Next = "nothing"
    if register.batches.is_replaced(batch):
        following = "replaced"
    elif batch.counts["refused"]:
        following = "correct"
    elif batch.state != "enrolled" or stock.free:
        following = "propose"
    elif stock.approved:
        following = "issue"
    elif stock.waiting:
        following = "approve"
    elif stock.over:
        following = "propose-again"
    return Standing(
        batch=batch,
        allocations=allocations,
        issued=register.batches.issued_lines(batch),
        open=sum(bulk.vouchers for bulk in stock.bulks),
        next=following,
        commitment=commit_to(register.secret, batch.sha256) if batch.sha256 else None,
    )
