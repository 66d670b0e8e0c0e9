"""Puts together what an audit found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from kindpakket.auditor.audit import MOST, Audit
from kindpakket.auditor.differences import Difference
from kindpakket.auditor.finding import Finding, Kind
from kindpakket.auditor.personal_data import Trace
from kindpakket.auditor.reading import Reading, sums


def concluded(
    reading: Reading,
    differences: Sequence[Difference] = (),
    others: Iterable[Finding] = (),
    *,
    untested: Iterable[str] = (),
    started: int = 0,
    tell: Callable[[Finding], None] = lambda _: None,
) -> Audit:
    """The result of an audit.

    Args:
        reading: the blocks that were read.
        differences: where the peer's state differs from them.
        others: what else was found, in files that were compared.
        untested: what was not looked at, as sentences.
        started: number of the first block that was read now.
        tell: told every finding, also those that the result leaves out because they are too many.
    """
    counts: Counter[Kind] = Counter()
    kept: list[Finding] = []
    for finding in all_found(reading, differences, others):
        counts[finding.kind] += 1
        tell(finding)
        if len(kept) < MOST:
            kept.append(finding)
    return Audit(
        channel=reading.domain.channel,
        height=reading.chain.height,
        head=reading.chain.head.hex(),
        codes=dict(reading.chain.codes),
        requests=reading.requests,
        repeated=reading.replay.repeated,
        found=tuple(kept),
        counts=counts,
        differences=tuple(differences),
        traces=tuple(reading.traces),
        values_scanned=len(reading.scan.values),
        books=reading.books,
        untested=tuple(untested),
        started=started,
    )


def all_found(
    reading: Reading, differences: Iterable[Difference] = (), others: Iterable[Finding] = ()
) -> Iterator[Finding]:
    """Everything that was found: in blocks, in sums over them, and in what was compared with them."""
    height = reading.chain.height
    return chain(
        reading.state.findings(),
        reading.ended(),
        sums(reading.books, height),
        (in_state(difference, height) for difference in differences),
        map(personal, reading.traces),
        others,
    )


def in_state(difference: Difference, height: int) -> Finding:
    """A difference between the blocks and the peer's state, as a finding after the last block."""
    return Finding(
        height - 1, "", "state", f"state/{difference.kind}", "error", str(difference), difference.cents
    )


def personal(trace: Trace) -> Finding:
    """A personal value in a block, as a finding that does not repeat the value."""
    sentence = f"the block holds a personal value, as {trace.form}"
    return Finding(trace.block_number, "", "personal", "personal/value", "error", sentence)
