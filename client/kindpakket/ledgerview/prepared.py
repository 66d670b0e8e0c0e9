"""A block as far as it can be read without knowing what was there before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fabric_gateway.blocks import Block
from kindpakket.auditor.committed_requests import CommittedRequest, requests_in
from kindpakket.ledgerview.changes import Record, written


@dataclass(slots=True)
class Prepared:
    """A block, and what its transactions wrote, by their places in it.

    Attributes:
        block: the block.
        requests: who asked for what.
        written: the records that each transaction wrote; None for those that it deleted.
        flaws: what cannot be read.
    """

    block: Block
    requests: dict[int, CommittedRequest] = field(default_factory=dict)
    written: dict[int, dict[str, Record | None]] = field(default_factory=dict)
    flaws: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, block: Block, chaincode: str) -> Prepared:
        """Read a block, which needs nothing but the block itself."""
        made = cls(block)
        requests, sentences = requests_in(block, chaincode)
        by_id = {request.transaction_id: request for request in requests}
        for transaction in block.transactions:
            if not transaction.valid:
                continue
            if request := by_id.get(transaction.transaction_id):
                made.requests[transaction.index] = request
            elif found := [
                text for text in sentences if f"transaction {transaction.transaction_id} " in text
            ]:
                made.flaws[transaction.index] = found[0]
            try:
                if records := written(transaction.writes(chaincode)):
                    made.written[transaction.index] = records
            except ValueError as error:
                made.flaws[transaction.index] = str(error)
            except (KeyError, TypeError) as error:
                made.flaws[transaction.index] = f"a record of it cannot be read: {error!r}"
        return made

    @property
    def keys(self) -> Iterator[str]:
        """The keys of all records that it writes."""
        for records in self.written.values():
            yield from records
