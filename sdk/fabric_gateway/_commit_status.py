"""What became of a transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """What became of a transaction; it never changes.

    Attributes:
        transaction_id: the transaction.
        code: name of its validation code: `VALID`, `MVCC_READ_CONFLICT`, …
        block_number: the block that holds it.
    """

    transaction_id: str
    code: str
    block_number: int

    @property
    def successful(self) -> bool:
        """The transaction is valid and has taken effect."""
        return self.code == "VALID"
