"""The result of an audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kindpakket.auditor.books import Books
from kindpakket.auditor.differences import Difference
from kindpakket.auditor.personal_data import Trace
from kindpakket.auditor.replay.replay import Finding


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of an audit, from block 0 up to a height.

    Attributes:
        channel: name of the channel.
        height: number of blocks that were read.
        head: header hash of the last block, hexadecimal; the same on every honest peer.
        codes: number of transactions by validation code, configuration transactions included.
        requests: number of valid transactions of the chaincode.
        repeated: how many of them had been committed before and had no effect.
        flaws: breaks in the chain of blocks.
        findings: committed requests that break the rules, and money that does not add up.
        differences: where the state differs from what the blocks amount to.
        traces: personal values found in blocks.
        values_scanned: how many personal values were searched for.
        books: everything as recomputed from the requests.
    """

    channel: str
    height: int
    head: str
    codes: Mapping[str, int]
    requests: int
    repeated: int
    flaws: tuple[str, ...]
    findings: tuple[Finding, ...]
    differences: tuple[Difference, ...]
    traces: tuple[Trace, ...]
    values_scanned: int
    books: Books = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether the audit found nothing wrong."""
        return not (self.flaws or self.findings or self.differences or self.traces)

    def as_json(self) -> dict[str, object]:
        """The verdict, its basis, and the totals of schemes in cents. Contains no personal values."""
        return {
            "channel": self.channel,
            "passed": self.passed,
            "height": self.height,
            "head": self.head,
            "transactions": dict(self.codes),
            "requests": self.requests,
            "repeated": self.repeated,
            "flaws": list(self.flaws),
            "findings": [str(finding) for finding in self.findings],
            "differences": [str(difference) for difference in self.differences],
            "traces": [{"block": trace.block_number, "form": trace.form} for trace in self.traces],
            "values_scanned": self.values_scanned,
            "schemes": {
                scheme.id: {
                    "name": scheme.rules["name"],
                    "state": scheme.state,
                    "vouchers": len(scheme.vouchers),
                    **scheme.budget_members(),
                    "terms": scheme.terms().as_members(),
                    "by_category": scheme.by_category(),
                }
                for scheme in self.books.schemes.values()
            },
        }
