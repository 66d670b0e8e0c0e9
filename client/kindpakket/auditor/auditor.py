"""The auditor: trusts the blocks of its own peer once it has checked them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from fabric_gateway.blocks import Block, BlockMessage
from kindpakket.auditor.audit import Audit
from kindpakket.auditor.auditing import concluded
from kindpakket.auditor.differences import differences
from kindpakket.auditor.finding import Finding
from kindpakket.auditor.personal_data import PersonalDataScan
from kindpakket.auditor.reading import BlockCheck, Reading
from kindpakket.auditor.state import State
from kindpakket.auditor.verification import LedgerCheck
from kindpakket.ledger.caller import Ledger
from kindpakket.ledger.reader import Reader

_ROUNDS = 5
"""How often the state is compared; blocks that arrive during a comparison make it useless."""


class Blocks(Protocol):
    """The part of `fabric_gateway.Network` that the auditor uses."""

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
    assert audit.passed, audit.found
    """

    def __init__(self, contract: Ledger, network: Blocks, *, signatures: bool = True) -> None:
        """Audit through a contract and a network, both of a gateway to the auditor's own peer.

        Args:
            contract: the chaincode.
            network: the channel.
            signatures: verify who signed the blocks, and derive which transactions are valid. False is for
                ledgers in memory, which nobody signs.
        """
        super().__init__(contract)
        self.network = network
        self._signatures = signatures

    def blocks(self, start: int = 0, stop: int | None = None) -> Iterator[Block]:
        """Decoded blocks.

        Args:
            start: number of the block to begin with.
            stop: number of the last block; default: the last one that the peer has now.
        """
        yield from map(Block.decode, self._messages(start, stop))

    def verify(
        self,
        personal_values: Iterable[str] = (),
        *,
        state: State | None = None,
        checks: Sequence[BlockCheck] = (),
        progress: Callable[[BlockMessage], None] = lambda _: None,
        others: Callable[[Reading], Iterable[Finding]] = lambda _: (),
        tell: Callable[[Finding], None] = lambda _: None,
    ) -> Audit:
        """Audit everything from block 0 to the last block.

        Verifies who signed each block and derives which transactions are valid, replays all requests against
        the rules and with the holders' proofs, compares what the chaincode wrote, checks that money adds up,
        and compares every amount with the peer's state.

        Args:
            personal_values: names, numbers and the like that must not appear in any block.
            state: what an earlier audit left, to go on from; default: begin at block 0, in memory.
            checks: checks of every block; default: a `LedgerCheck` without an anchor.
            progress: told each block that was read.
            others: compares what was read with other files.
            tell: told every finding at the end.

        Raises:
            LedgerMoves: new blocks kept arriving; audit again when there is less traffic.
            StateError: the state is of another ledger.
            ValueError: a personal value is too short to search for.
        """
        kept = State() if state is None else state
        scan = PersonalDataScan(personal_values)
        domain = self.caller.domain
        if not checks and self._signatures:
            checks = [LedgerCheck(kept, domain.channel)]
        reading = Reading(kept, domain, scan, checks)
        started = reading.chain.height
        compared = kept.progress.get("compared", 0)
        reading.go_on(self._messages)
        for _ in range(_ROUNDS):
            for message, _ in reading.read(self._messages(reading.chain.height)):
                progress(message)
            disagreements = tuple(differences(reading.books, self, compared))
            if self.network.ledger_height() == reading.chain.height:
                if not disagreements:
                    reading.compared()
                return concluded(reading, disagreements, others(reading), started=started, tell=tell)
        raise LedgerMoves(
            f"new blocks arrived during each of {_ROUNDS} comparisons, the last at height "
            f"{reading.chain.height}: audit again when there is less traffic"
        )

    def _messages(self, start: int, stop: int | None = None) -> Iterator[BlockMessage]:
        newest = self.network.ledger_height() - 1
        last = newest if stop is None else min(stop, newest)
        if last >= start:
            yield from self.network.blocks(start, last)
