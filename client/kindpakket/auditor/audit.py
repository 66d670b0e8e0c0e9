"""The result of an audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kindpakket.auditor.books import Books
from kindpakket.auditor.differences import Difference
from kindpakket.auditor.finding import KINDS, Finding, Kind
from kindpakket.auditor.personal_data import Trace

MOST = 10_000
"""How many findings an audit has in memory; a file of findings has all."""
_REPLAYED = ("rules", "writes", "sums")


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
        found: everything that was found, in one form: blocks first, then what was compared with them; at most
            `MOST`.
        counts: how many errors, uncertainties and notes there are.
        differences: where the state differs from what the blocks amount to; they are in `found` too.
        traces: personal values found in blocks; they are in `found` too.
        values_scanned: how many personal values were searched for.
        books: everything as recomputed from the requests.
        untested: what was not looked at, as sentences.
        started: number of the first block that was read now; an earlier run read those before it.
    """

    channel: str
    height: int
    head: str
    codes: Mapping[str, int]
    requests: int
    repeated: int
    found: tuple[Finding, ...]
    counts: Mapping[Kind, int]
    differences: tuple[Difference, ...]
    traces: tuple[Trace, ...]
    values_scanned: int
    books: Books = field(repr=False)
    untested: tuple[str, ...] = ()
    started: int = 0

    @property
    def passed(self) -> bool:
        """Whether the audit found nothing wrong. Uncertainties and notes are not wrong."""
        return not self.counts.get("error", 0)

    @property
    def flaws(self) -> tuple[str, ...]:
        """What is wrong with the blocks themselves: hashes, signatures, validity."""
        return tuple(
            found.sentence for found in self.found if found.part == "chain" and found.kind == "error"
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Committed requests that break the rules, and money that does not add up."""
        return tuple(found for found in self.found if found.part in _REPLAYED and found.kind == "error")

    @property
    def remarks(self) -> tuple[Finding, ...]:
        """Uncertainties and notes."""
        return tuple(found for found in self.found if found.kind != "error")

    def as_last_line(self) -> dict[str, object]:
        """What was verified: the last line of a findings file, which shows that the file is whole."""
        verified = {
            "channel": self.channel,
            "height": self.height,
            "head": self.head,
            "passed": self.passed,
            "counts": {kind: self.counts.get(kind, 0) for kind in KINDS},
            "untested": list(self.untested),
        }
        return {"verified": verified}

    def as_json(self) -> dict[str, object]:
        """The verdict, its basis, and the totals of schemes in cents. Contains no personal values."""
        return {
            "channel": self.channel,
            "passed": self.passed,
            "height": self.height,
            "head": self.head,
            "started": self.started,
            "transactions": dict(self.codes),
            "requests": self.requests,
            "repeated": self.repeated,
            "flaws": list(self.flaws),
            "findings": [str(finding) for finding in self.findings],
            "differences": [str(difference) for difference in self.differences],
            "traces": [{"block": trace.block_number, "form": trace.form} for trace in self.traces],
            "found": [found.as_json() for found in self.found],
            "counts": {kind: self.counts.get(kind, 0) for kind in KINDS},
            "untested": list(self.untested),
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
