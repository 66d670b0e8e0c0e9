"""Recomputes everything from the requests in the blocks, without a look at what the chaincode wrote.

    replay = Replay(Domain("zuidhorn", "kindpakket"))
    requests, unreadable = requests_in(block, "kindpakket")
    for request in requests:
        replay.apply(request)
    replay.books, replay.findings

A request counts once, by its request id. Every rule that a committed request breaks is a finding: the
endorsing peers must have run something else than the agreed rules.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from kindpakket import replay_payments, replay_schemes, replay_settlements
from kindpakket.books import Books
from kindpakket.replay_rules import Findings
from kindpakket.requested import Requested
from kindpakket.signing import Domain

Handler: TypeAlias = Callable[[Books, Findings, Requested, Domain], None]

_HANDLERS: Mapping[str, Handler] = {
    **replay_schemes.HANDLERS,
    **replay_payments.HANDLERS,
    **replay_settlements.HANDLERS,
}
_PRIVATE = frozenset({"voucher:RecordCases"})
_QUERIES = frozenset({"Show", "List", "Allowance", "Account", "Unsettled", "History", "Totals"})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be on the ledger.

    Attributes:
        block_number: the block.
        transaction_id: the transaction.
        sentence: what is wrong.
    """

    block_number: int
    transaction_id: str
    sentence: str

    def __str__(self) -> str:
        return f"block {self.block_number}, transaction {self.transaction_id}: {self.sentence}"


class Replay:
    """Applies requests one after another, in the order of the ledger.

    Attributes:
        books: what they come to so far.
        findings: what broke a rule, in the order of the ledger.
        repeated: how many requests had been committed before and did nothing.
    """

    def __init__(self, domain: Domain) -> None:
        """Begin with empty books.

        Args:
            domain: channel and chaincode, which holders' signatures name.
        """
        self.books = Books()
        self.findings: list[Finding] = []
        self.repeated = 0
        self._domain = domain
        self._seen: dict[str, str] = {}

    def apply(self, request: Requested) -> None:
        """Apply one committed request."""
        findings = Findings()
        try:
            if self._counts(request, findings):
                self._handle(request, findings)
        except (KeyError, TypeError, ValueError) as error:
            findings.add(
                f"{request.operation} cannot be replayed: {type(error).__name__}: {error}; "
                "it names something that is not there, or is not of this version"
            )
        self.findings += [
            Finding(request.block_number, request.transaction_id, sentence) for sentence in findings.sentences
        ]

    def _handle(self, request: Requested, findings: Findings) -> None:
        handler = _HANDLERS.get(request.operation)
        if handler is not None:
            handler(self.books, findings, request, self._domain)
        else:
            findings.add(f"there is no operation {request.operation}")

    def _counts(self, request: Requested, findings: Findings) -> bool:
        """Whether a request is a new one that writes to the public ledger."""
        if request.operation in _PRIVATE or request.operation.partition(":")[2] in _QUERIES:
            return False
        request_id = str(request.request["request_id"])
        content = _content(request)
        before = self._seen.get(request_id)
        if before is None:
            self._seen[request_id] = content
            return True
        self.repeated += 1
        findings.expect(before == content, f"request {request_id} had been committed with other content")
        return False


def _content(request: Requested) -> str:
    """What makes two requests the same: the operation and everything but proofs."""
    return json.dumps([request.operation, _without_proofs(request.request)], sort_keys=True)


def _without_proofs(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_proofs(member) for name, member in value.items() if name != "proof"}
    if isinstance(value, list):
        return [_without_proofs(item) for item in value]
    return value
