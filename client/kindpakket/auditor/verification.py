"""Who signed the blocks and which transactions are valid, derived from the blocks: one check of an audit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fabric_gateway.blocks import Block, BlockMessage
from fabric_gateway.verification import (
    ChainVerifier,
    Checkpoint,
    Further,
    Position,
    SignaturePool,
    Validity,
)
from fabric_gateway.verification import Finding as ChainFinding
from kindpakket.auditor.finding import Finding
from kindpakket.auditor.state import State

_POSITION = "position"


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the auditor knows about the ledger from another source than the nodes that keep it.

    Attributes:
        genesis: SHA-256 of the header of block 0; b"" if only checkpoints are known, or nothing.
        checkpoints: checkpoints that the ledger must agree with.
        trusted: the one whose signers are trusted to have verified the blocks below it, if any.
    """

    genesis: bytes = b""
    checkpoints: tuple[Checkpoint, ...] = ()
    trusted: Checkpoint | None = None

    @property
    def name(self) -> str:
        """What a state keeps, to be refused under another anchor; "" if nothing is known."""
        known = [*self.checkpoints, *((self.trusted,) if self.trusted else ())]
        begins = self.genesis or (known[0].genesis if known else b"")
        start = f", from height {self.trusted.height}" if self.trusted else ""
        return f"{begins.hex()}{start}"


class LedgerCheck:
    """Verifies each block: header chain, consenters' signatures, configurations, creators and validity.

    Its tables are on the state's connection; it goes on where the state ends.

    Attributes:
        verifier: the chain of blocks.
    """

    def __init__(
        self, state: State, channel: str, anchor: Anchor | None = None, pool: SignaturePool | None = None
    ) -> None:
        """Go on where a state ends.

        Args:
            state: the state.
            channel: name of the channel that it must be.
            anchor: what the auditor knows already; default: nothing, which is an uncertainty.
            pool: processes that verify signatures; None: this process does it alone.
        """
        known = Anchor() if anchor is None else anchor
        self._state, self._pool = state, pool
        self.verifier = ChainVerifier(
            channel=channel,
            anchor=known.genesis or None,
            trusted=known.trusted,
            known=known.checkpoints,
            position=position_of(state),
            verdicts=pool,
        )
        self._validity = Validity(state.connection)
        self._known = known.checkpoints
        self._contradicted = self._gap = False

    def ahead(self, messages: Iterable[BlockMessage], further: Further) -> Iterator[BlockMessage]:
        """The blocks, each when other processes have verified its signatures, and done what else they can."""
        if self._pool is None:
            return iter(messages)
        return self._pool.ahead(messages, lambda: self.verifier.configuration, further)

    def check(self, message: BlockMessage, _: Block) -> tuple[Iterable[Finding], Sequence[str] | None]:
        """Verify the next block, and derive the flags of its transactions."""
        checked = self.verifier.check(message)
        found = [*checked.findings]
        self._contradicted |= any(one.rule.startswith("checkpoint.") for one in found)
        codes: Sequence[str] | None = None
        if checked.configuration is not None and checked.number == self._validity.height:
            validity = self._validity.add(message, checked.configuration, checked.creators)
            found += validity.findings
            codes = validity.flags
        elif not self._gap:
            self._gap = True
            missing = f"block {self._validity.height} or its configuration is missing"
            said = f"validity is not derived from block {checked.number} on: {missing}"
            found.append(ChainFinding(checked.number, "", "validity.gap", "uncertainty", said))
        return [in_chain(finding) for finding in found], codes

    def commit(self) -> None:
        """Keep where the verification is."""
        position = self.verifier.position
        self._state.keep(_POSITION, position.encode().decode())
        for checkpoint in self._known:
            if position.height >= checkpoint.height and not self._contradicted:
                self._state.keep(_agreed(checkpoint), "yes")

    def end(self) -> Iterator[Finding]:
        """What is to be said when no more blocks come."""
        return map(in_chain, self.verifier.end())


def in_chain(finding: ChainFinding) -> Finding:
    """A finding about blocks, in the form of the audit."""
    return Finding(
        finding.block, finding.transaction_id, "chain", finding.rule, finding.kind, finding.sentence
    )


def position_of(state: State) -> Position | None:
    """Where the verification of a state is; None if it has not begun."""
    kept = state.note(_POSITION)
    return Position.decode(kept.encode()) if kept else None


def checkpoint_of(state: State) -> Checkpoint | None:
    """The checkpoint at which a state ends; None if its beginning was not seen."""
    position = position_of(state)
    if position is None:
        return None
    return ChainVerifier(position=position).checkpoint


def agrees(state: State, checkpoint: Checkpoint) -> bool:
    """Whether the audit with this state has verified the ledger up to a checkpoint, and agrees with it."""
    own = checkpoint_of(state)
    return own == checkpoint or bool(state.note(_agreed(checkpoint)))


def _agreed(checkpoint: Checkpoint) -> str:
    return f"agrees with {checkpoint.text}"
