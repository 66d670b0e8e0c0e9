"""Recomputes everything from the requests in the blocks, without looking at what the chaincode wrote.

    replay = Replay(Domain("zuidhorn", "kindpakket"))
    requests, unreadable = requests_in(block, "kindpakket")
    for request in requests:
        replay.apply(request)
    replay.books, replay.findings

A request counts once, by its request id. Every rule that a committed request breaks is a finding: the
endorsing peers must have run something other than the agreed rules. Rules that layout 1 of the ledger did not
have are checked from the first request that only layout 2 accepts, and likewise those of layout 3.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kindpakket.auditor.books import Books
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay import blocking as replay_blocking
from kindpakket.auditor.replay import changes as replay_changes
from kindpakket.auditor.replay import erasures as replay_erasures
from kindpakket.auditor.replay import holds as replay_holds
from kindpakket.auditor.replay import organisations as replay_organisations
from kindpakket.auditor.replay import payments as replay_payments
from kindpakket.auditor.replay import schemes as replay_schemes
from kindpakket.auditor.replay import settlements as replay_settlements
from kindpakket.auditor.replay import shops as replay_shops
from kindpakket.auditor.replay import vouchers as replay_vouchers
from kindpakket.auditor.replay.callers import check_caller
from kindpakket.auditor.replay.queries import QUERIES, unexplained
from kindpakket.auditor.replay.rules import Findings, Handlers, shows_layout_2, shows_layout_3
from kindpakket.ledger.domain import Domain

_VOID = "request:Void"
_PRIVATE = frozenset({"voucher:RecordCases", "erasure:Purge"})


def _record_cases(_: Books, __: Findings, ___: CommittedRequest, ____: Domain) -> None:
    """Private records move no money."""


_HANDLERS: Handlers = {
    **replay_organisations.HANDLERS,
    **replay_schemes.HANDLERS,
    **replay_changes.HANDLERS,
    **replay_shops.HANDLERS,
    **replay_vouchers.HANDLERS,
    **replay_blocking.HANDLERS,
    **replay_payments.HANDLERS,
    **replay_holds.HANDLERS,
    **replay_settlements.HANDLERS,
    **replay_erasures.HANDLERS,
    "voucher:RecordCases": _record_cases,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule, or money that does not add up.

    Attributes:
        block_number: the block.
        transaction_id: the transaction; "" for sums over the whole ledger.
        sentence: what is wrong.
    """

    block_number: int
    transaction_id: str
    sentence: str

    def __str__(self) -> str:
        """The finding on one line."""
        return f"block {self.block_number}, transaction {self.transaction_id}: {self.sentence}"


class Replay:
    """Applies requests one by one, in the order of the ledger.

    Attributes:
        books: the books after the requests so far.
        findings: the broken rules so far, in the order of the ledger.
        repeated: how many requests had been committed before and had no effect.
    """

    def __init__(self, domain: Domain) -> None:
        """Begin with empty books.

        Args:
            domain: the channel and chaincode, which holders' signatures cover.
        """
        self.books = Books()
        self.findings: list[Finding] = []
        self.repeated = 0
        self._domain = domain
        self._seen: dict[str, str] = {}

    def apply(self, request: CommittedRequest) -> None:
        """Apply one committed request."""
        findings = Findings()
        if request.operation in QUERIES:
            flaw = unexplained(request.request)
            findings.expect(not flaw, f"the query {request.operation} cannot have been accepted: {flaw}")
            self._add(request, findings)
            return
        try:
            self._apply(request, findings)
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
            findings.add(
                f"{request.operation} cannot be replayed: {type(error).__name__}: {error}; "
                "it refers to something unknown, or is from another version"
            )
        self._add(request, findings)

    def _add(self, request: CommittedRequest, findings: Findings) -> None:
        self.findings += [
            Finding(request.block_number, request.transaction_id, sentence) for sentence in findings.sentences
        ]

    def _apply(self, request: CommittedRequest, findings: Findings) -> None:
        self.books.layout_2 |= shows_layout_2(request.operation, request.request)
        self.books.layout_3 |= shows_layout_3(request.operation, request.request)
        if not self._counts(request, findings):
            return
        check_caller(self.books, findings, request)
        if request.operation == _VOID:
            self._void(request, findings)
        elif request.operation in _HANDLERS:
            _HANDLERS[request.operation](self.books, findings, request, self._domain)
        else:
            findings.add(f"unknown operation {request.operation}")

    def _counts(self, request: CommittedRequest, findings: Findings) -> bool:
        """Whether a request is new. One that writes private records only leaves no id on the ledger."""
        request_id = str(request.request["request_id"])
        if request.operation in _PRIVATE and not self.books.layout_2:
            return True
        if request_id in self.books.voided:
            findings.add(f"request {request_id} was committed although it is void")
            return False
        content = _content(request)
        earlier = self._seen.get(request_id)
        if earlier is None:
            if request.operation not in _PRIVATE:
                self._seen[request_id] = content
            return True
        self.repeated += 1
        findings.expect(
            earlier == content, f"request {request_id} was committed again with different content"
        )
        return False

    def _void(self, request: CommittedRequest, findings: Findings) -> None:
        voided = str(request.request["void"])
        findings.expect(
            voided not in self._seen, f"request {voided} was voided although it had been committed"
        )
        if voided not in self._seen:
            self.books.voided.add(voided)


def _content(request: CommittedRequest) -> str:
    """What makes two requests equal: operation, organisation, shop, and all members but holders' proofs."""
    content = _without_proof(request.request)
    if "activations" in content:
        content["activations"] = [_without_proof(activation) for activation in content["activations"]]
    return json.dumps([request.operation, request.mspid, request.shop, content], sort_keys=True)


def _without_proof(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: member for name, member in members.items() if name != "proof"}
