"""The auditor: trusts the blocks of its own peer once it has checked them, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from kindpakket.auditor.audit import Audit
from kindpakket.auditor.books import Books
from kindpakket.auditor.chain import Chain
from kindpakket.auditor.committed_requests import requests_in
from kindpakket.auditor.differences import Difference, differences
from kindpakket.auditor.personal_data import PersonalDataScan, Trace
from kindpakket.auditor.replay.replay import Finding, Replay
from kindpakket.fabric.blocks import Block, BlockMessage
from kindpakket.ledger.caller import Ledger
from kindpakket.ledger.reader import Reader

_ROUNDS = 5
"""How often the state is compared; blocks that arrive during a comparison make it useless."""


class Blocks(Protocol):
    """The part of `kindpakket.fabric.Network` that the auditor uses."""

    def blocks(self, start: int | None = 0, stop: int | None = None) -> Iterator[BlockMessage]:
        """Blocks from number `start` to number `stop`, both included."""

    def ledger_height(self) -> int:
        """Number of blocks."""


class LedgerMoves(Exception):
    """New blocks kept arriving while the state was read, so it could not be compared with the blocks."""


class Auditor(Reader):
    """An auditor's client: every query, every block, and the audit.

    auditor = Auditor(network.contract("kindpakket"), network)
    audit = auditor.verify()
    assert audit.passed, audit.differences
    """

    def __init__(self, contract: Ledger, network: Blocks) -> None:
        """Audit through a contract and a network, both of a gateway to the auditor's own peer."""
        super().__init__(contract)
        self.network = network

    def blocks(self, start: int = 0, stop: int | None = None) -> Iterator[Block]:
        """Decoded blocks.

        Args:
            start: number of the block to begin with.
            stop: number of the last block; default: the last one that the peer has now.
        """
        last = self.network.ledger_height() - 1 if stop is None else stop
        if last >= start:
            yield from map(Block.decode, self.network.blocks(start, last))

    def verify(self, personal_values: Iterable[str] = ()) -> Audit:
        """Audit everything from block 0 to the last block.

        Checks the hash chain and the data of every block, replays all requests against the rules and with the
        holders' proofs, checks that money adds up, and compares every amount with the peer's state.

        Args:
            personal_values: names, numbers and the like that must not appear in any block.

        Raises:
            LedgerMoves: new blocks kept arriving; audit again when there is less traffic.
            ValueError: a personal value is too short to search for.
        """
        reading = _Reading(self, PersonalDataScan(personal_values))
        for _ in range(_ROUNDS):
            reading.read_on()
            disagreements = tuple(differences(reading.replay.books, self))
            if self.network.ledger_height() == reading.chain.height:
                return reading.result(disagreements)
        raise LedgerMoves(
            f"new blocks arrived during each of {_ROUNDS} comparisons, the last at height "
            f"{reading.chain.height}: audit again when there is less traffic"
        )


class _Reading:
    """The blocks read so far, and what they amount to."""

    def __init__(self, auditor: Auditor, scan: PersonalDataScan) -> None:
        self._auditor = auditor
        self._scan = scan
        self._unreadable: list[Finding] = []
        self.chain = Chain()
        self.replay = Replay(auditor.caller.domain)
        self.requests = 0
        self.traces: list[Trace] = []

    def read_on(self) -> None:
        for block in self._auditor.blocks(self.chain.height):
            self.chain.add(block)
            self.traces += self._scan.traces(block)
            requests, unreadable = requests_in(block, self._auditor.caller.domain.chaincode)
            self._unreadable += [Finding(block.number, "", sentence) for sentence in unreadable]
            self.requests += len(requests)
            for request in requests:
                self.replay.apply(request)

    def result(self, disagreements: tuple[Difference, ...]) -> Audit:
        books = self.replay.books
        return Audit(
            channel=self._auditor.caller.domain.channel,
            height=self.chain.height,
            head=self.chain.head.hex(),
            codes=dict(self.chain.codes),
            requests=self.requests,
            repeated=self.replay.repeated,
            flaws=tuple(self.chain.flaws),
            findings=(*self._unreadable, *self.replay.findings, *_sums(books, self.chain.height)),
            differences=disagreements,
            traces=tuple(self.traces),
            values_scanned=len(self._scan.values),
            books=books,
        )


def _sums(books: Books, height: int) -> Iterator[Finding]:
    """Sums that do not add up after the last block."""
    for scheme in books.schemes.values():
        for voucher in scheme.vouchers.values():
            if not voucher.terms.balanced:
                yield Finding(height - 1, "", f"the terms of voucher {voucher.id} do not add up")
            if sum(voucher.by_category.values()) != voucher.terms.net:
                yield Finding(height - 1, "", f"the categories of voucher {voucher.id} do not add up")
            if voucher.held_by_category.total() != voucher.terms.held:
                yield Finding(height - 1, "", f"the holds of voucher {voucher.id} do not add up")
        terms = scheme.terms()
        moved = (scheme.issued, scheme.topped_up, scheme.lapsed, scheme.revoked)
        if moved != (terms.issued, terms.topped_up, terms.lapsed, terms.revoked):
            yield Finding(height - 1, "", f"the budget of scheme {scheme.id} does not match its vouchers")
        if scheme.unallocated < 0:
            yield Finding(height - 1, "", f"scheme {scheme.id} has issued more than its budget")
    for (scheme_id, shop), balance in books.shop_balances().items():
        if not balance.balanced:
            sentence = f"what was spent at shop {shop} under {scheme_id} is not all accounted for: {balance}"
            yield Finding(height - 1, "", sentence)
