"""An audit of blocks alone, without a peer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from fabric_gateway.blocks import BlockMessage
from kindpakket.auditor.audit import Audit
from kindpakket.auditor.auditing import concluded
from kindpakket.auditor.finding import Finding
from kindpakket.auditor.personal_data import PersonalDataScan
from kindpakket.auditor.reading import BlockCheck, Reading
from kindpakket.auditor.state import State
from kindpakket.ledger.domain import Domain

UNTESTED = "The state of a peer was not compared: there was none to ask."


def audit_blocks(
    blocks: Callable[[int], Iterable[BlockMessage]],
    domain: Domain,
    personal_values: Iterable[str] = (),
    *,
    state: State | None = None,
    checks: Sequence[BlockCheck] = (),
    progress: Callable[[BlockMessage], None] = lambda _: None,
    others: Callable[[Reading], Iterable[Finding]] = lambda _: (),
    tell: Callable[[Finding], None] = lambda _: None,
) -> Audit:
    """Audit blocks: everything that `Auditor.verify` does, but for comparing with the state of a peer.

    Args:
        blocks: gives the blocks from a number on, such as `BlockFiles(folder).read`.
        domain: the channel and the chaincode.
        personal_values: names, numbers and the like that must not appear in any block.
        state: what an earlier audit left, to go on from; default: begin at block 0, in memory.
        checks: further checks of every block, such as who signed it.
        progress: told each block that was read.
        others: compares what was read with other files.
        tell: told every finding at the end.

    Raises:
        StateError: the state is of other blocks.
        ValueError: a personal value is too short to search for.
    """
    scan = PersonalDataScan(personal_values)
    reading = Reading(State() if state is None else state, domain, scan, checks)
    started = reading.chain.height
    reading.go_on(blocks)
    for message, _ in reading.read(blocks(started)):
        progress(message)
    return concluded(reading, others=others(reading), untested=[UNTESTED], started=started, tell=tell)
