"""Reads blocks one after another: checks them, replays their requests, and keeps what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from operator import attrgetter
from typing import Protocol

from fabric_gateway.blocks import Block, BlockMessage
from fabric_gateway.verification import BlockFileError, Further
from kindpakket.auditor.ahead import ReadAhead
from kindpakket.auditor.books import Books
from kindpakket.auditor.chain import Chain
from kindpakket.auditor.committed_requests import CommittedRequest, requests_in
from kindpakket.auditor.finding import Finding, Part
from kindpakket.auditor.personal_data import PersonalDataScan, Trace
from kindpakket.auditor.replay.replay import Replay
from kindpakket.auditor.state import State, StateError
from kindpakket.auditor.written import written_differences
from kindpakket.ledger.domain import Domain

_TRANSACTIONS = 2_000
_RECORDS = 20_000
"""After so many transactions, or so many records in memory, what was read is committed."""


class BlockCheck(Protocol):
    """A check of blocks, such as who signed them."""

    def check(self, message: BlockMessage, block: Block) -> tuple[Iterable[Finding], Sequence[str] | None]:
        """Check the next block.

        Returns:
            What was found, and the validation code that each transaction must have; None: as the block says.
        """

    def commit(self) -> None:
        """Put what must survive on the state's connection: it is about to be committed."""

    def ahead(self, messages: Iterable[BlockMessage], further: Further) -> Iterator[BlockMessage]:
        """The blocks, each when its check has been prepared, by other processes if there are some.

        Args:
            messages: the blocks.
            further: what else other processes can do ahead.
        """

    def end(self) -> Iterable[Finding]:
        """What is to be said when no more blocks come."""


class Reading:
    """The blocks read so far, and what they amount to.

    Attributes:
        state: what survives this run.
        domain: the channel and the chaincode.
        scan: searches for personal values.
        chain: the chain of blocks.
        replay: the books.
        requests: how many requests were replayed.
        traces: personal values found in blocks.
        damage: where a block file cannot be read; None if all were.
    """

    def __init__(
        self, state: State, domain: Domain, scan: PersonalDataScan, checks: Sequence[BlockCheck] = ()
    ) -> None:
        """Go on where a state ends.

        Args:
            state: the state.
            domain: the channel and the chaincode.
            scan: searches for personal values.
            checks: further checks of every block.
        """
        progress = state.progress
        self.state, self.domain, self.scan = state, domain, scan
        self._checks = checks
        self._waiting = 0
        self.chain = Chain()
        self.chain.height = progress.get("height", 0)
        self.chain.head = bytes.fromhex(progress.get("head", ""))
        self.chain.codes.update(progress.get("codes", {}))
        self.replay = Replay(domain, state.books, state.seen)
        self.replay.repeated = progress.get("repeated", 0)
        self.requests: int = progress.get("requests", 0)
        self._ahead = ReadAhead(domain, state.books)
        self.traces: list[Trace] = []
        self.damage: Finding | None = None

    @property
    def books(self) -> Books:
        """Everything as recomputed from the requests."""
        return self.replay.books

    def read(self, messages: Iterable[BlockMessage]) -> Iterator[tuple[BlockMessage, list[Finding]]]:
        """Take in blocks one after another; what was read is committed now and then, and at the end.

        Yields:
            Each block and what was found in it. A block file that is damaged ends it, as a finding.
        """
        source = iter(messages)
        for check in self._checks:
            source = check.ahead(source, self._ahead)
        try:
            for message in source:
                yield message, self.add(message)
        except BlockFileError as error:
            number = self.chain.height if error.block is None else error.block
            self.damage = Finding(number, "", "chain", "file.damaged", "error", str(error))
        self.commit()

    def ended(self) -> Iterator[Finding]:
        """What is to be said when no more blocks come."""
        if self.damage is not None:
            yield self.damage
        for check in self._checks:
            yield from check.end()

    def add(self, message: BlockMessage) -> list[Finding]:
        """Take in the next block.

        Returns:
            What was found in it.
        """
        block = self._ahead.block(message)
        linked = self.chain.add(block)
        # A check of the chain by itself says these too, and more precisely.
        found = [] if self._checks else linked
        for check in self._checks:
            more, codes = check.check(message, block)
            found += more
            if codes is not None:
                block = _judged(block, codes)
        self.state.at(block.number)
        self.traces += self.scan.traces(block)
        found += self._replayed(block)
        self.state.add(found)
        self._waiting += len(block.transactions)
        if self._waiting >= _TRANSACTIONS or self.state.taken >= _RECORDS:
            self.commit()
        return found

    def _replayed(self, block: Block) -> Iterator[Finding]:
        requests, unreadable = requests_in(block, self.domain.chaincode, self._ahead.verified)
        for sentence in unreadable:
            yield Finding(block.number, "", "rules", "request/malformed", "error", sentence)
        self.requests += sum(request.outcome != "refused" for request in requests)
        by_id = {transaction.transaction_id: transaction for transaction in block.transactions}
        for transaction_id, group in groupby(requests, key=attrgetter("transaction_id")):
            asked = list(group)
            for request in asked:
                self.replay.apply(request)
                yield from self.replay.findings
                self.replay.findings.clear()
            transaction = by_id[transaction_id]
            for difference in written_differences(self.books, transaction, self.domain.chaincode):
                yield Finding(
                    block.number,
                    transaction_id,
                    "writes",
                    f"writes/{difference.kind}",
                    "error",
                    f"{difference.thing}, {difference.member}: {difference.replayed!r} by the rules, "
                    f"{difference.stored!r} written by the chaincode",
                    difference.cents,
                    _item_about(asked, difference.thing),
                )

    def go_on(self, blocks: Callable[[int], Iterable[BlockMessage]]) -> None:
        """Insist that blocks are of the ledger that an earlier run has read, and no fewer.

        Those that it has read are searched for personal values, which no state keeps.

        Args:
            blocks: gives the blocks from a number on.

        Raises:
            StateError: they are not.
        """
        if not self.chain.height:
            return
        last = next(iter(blocks(self.chain.height - 1)), None)
        if last is None or last.header.number != self.chain.height - 1:
            raise StateError(
                f"an earlier audit read {self.chain.height} blocks, and there are fewer: give --again to "
                "begin at block 0, or another state by --state"
            )
        if Block.decode(last).header_hash != self.chain.head:
            raise StateError(
                f"block {last.header.number} is not the one that an earlier audit read: this is another "
                "ledger, or its past was changed; give --again to audit it from block 0"
            )
        if self.scan.values:
            for message in islice(blocks(0), self.chain.height):
                self.traces += self.scan.traces(Block.decode(message))

    def compared(self) -> None:
        """Remember that the state of the peer agrees with the books."""
        self.state.progress["compared"] = self.chain.height
        self.commit()

    def commit(self) -> None:
        """Make what was read permanent."""
        for check in self._checks:
            check.commit()
        self.state.commit(
            **{name: value for name, value in self.state.progress.items() if name == "compared"},
            height=self.chain.height,
            head=self.chain.head.hex(),
            codes=dict(self.chain.codes),
            requests=self.requests,
            repeated=self.replay.repeated,
        )
        self._waiting = 0


def _item_about(asked: Sequence[CommittedRequest], thing: str) -> int | None:
    """The one request of a batch that a record is about; None if several are, or if it is not a batch."""
    words = set(thing.split())
    names = ("request_id", "payment", "voucher")
    about = [each.item for each in asked if any(each.request.get(name) in words for name in names)]
    return about[0] if len(about) == 1 else None


def _judged(block: Block, codes: Sequence[str]) -> Block:
    """The block with the validation codes that its transactions must have."""
    if all(transaction.code == code for transaction, code in zip(block.transactions, codes, strict=True)):
        return block
    judged = zip(block.transactions, codes, strict=True)
    return replace(block, transactions=tuple(replace(transaction, code=code) for transaction, code in judged))


def sums(books: Books, height: int) -> Iterator[Finding]:
    """Sums that do not add up after the last block."""

    def wrong(rule: str, sentence: str, cents: int | None = None) -> Finding:
        part: Part = "sums"
        return Finding(height - 1, "", part, f"sums/{rule}", "error", sentence, cents)

    for scheme in books.schemes.values():
        for voucher in scheme.vouchers.values():
            if not voucher.terms.balanced:
                yield wrong("voucher", f"the terms of voucher {voucher.id} do not add up")
            if sum(voucher.by_category.values()) != voucher.terms.net:
                yield wrong("categories", f"the categories of voucher {voucher.id} do not add up")
            if voucher.held_by_category.total() != voucher.terms.held:
                yield wrong("holds", f"the holds of voucher {voucher.id} do not add up")
        terms = scheme.terms()
        moved = (scheme.issued, scheme.topped_up, scheme.lapsed, scheme.revoked)
        if moved != (terms.issued, terms.topped_up, terms.lapsed, terms.revoked):
            yield wrong("budget", f"the budget of scheme {scheme.id} does not match its vouchers")
        if scheme.unallocated < 0:
            yield wrong(
                "overissued", f"scheme {scheme.id} has issued more than its budget", -scheme.unallocated
            )
    for (scheme_id, shop), balance in books.shop_balances().items():
        if not balance.balanced:
            sentence = f"what was spent at shop {shop} under {scheme_id} is not all accounted for: {balance}"
            yield wrong("shop", sentence)
