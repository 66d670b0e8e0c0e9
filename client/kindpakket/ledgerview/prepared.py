"""A block as far as it can be read without knowing what was there before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fabric_gateway.blocks import Block
from kindpakket.auditor.committed_requests import CommittedRequest, requests_in
from kindpakket.ledgerview.changes import Record, authors, written


@dataclass(slots=True)
class Prepared:
    """A block, and what its transactions wrote, by their places in it.

    Attributes:
        block: the block.
        requests: who asked for what, by item of a batch; without what the chaincode refused of a batch.
        authors: of a batch, the request that wrote each record last, by key.
        written: the records that each transaction wrote; None for those that it deleted.
        flaws: what cannot be read.
    """

    block: Block
    requests: dict[int, list[CommittedRequest]] = field(default_factory=dict)
    authors: dict[int, dict[str, str]] = field(default_factory=dict)
    written: dict[int, dict[str, Record | None]] = field(default_factory=dict)
    flaws: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, block: Block, chaincode: str) -> Prepared:
        """Read a block, which needs nothing but the block itself."""
        made = cls(block)
        requests, sentences = requests_in(block, chaincode)
        by_id: dict[str, list[CommittedRequest]] = {}
        for request in requests:
            by_id.setdefault(request.transaction_id, []).append(request)
        for transaction in block.transactions:
            if not transaction.valid:
                continue
            if asked := by_id.get(transaction.transaction_id):
                made.requests[transaction.index] = [each for each in asked if each.outcome != "refused"]
            elif found := [
                text for text in sentences if f"transaction {transaction.transaction_id} " in text
            ]:
                made.flaws[transaction.index] = found[0]
            try:
                if records := written(transaction.writes(chaincode)):
                    made.written[transaction.index] = records
                if asked and asked[0].item is not None:
                    made.authors[transaction.index] = authors(transaction.writes(chaincode))
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
