"""Recomputes everything from the requests in the blocks, without looking at what the chaincode wrote.

    replay = Replay(Domain("zuidhorn", "kindpakket"))
    requests, unreadable = requests_in(block, "kindpakket")
    for request in requests:
        replay.apply(request)
    replay.books, replay.findings

A request counts once, by its request id. Every rule that a committed request breaks is a finding: the
endorsing peers must have run something other than the agreed rules. Each item of a batch is such a request;
one that the chaincode refused changes nothing, and is a finding if the rules do not refuse it. Rules that a
layout of the ledger did not have are checked from the first request that the next layout recorded, or that
only it accepts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, MutableMapping
from typing import Any

from kindpakket.auditor.books import Books
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.finding import Finding
from kindpakket.auditor.replay import allocations as replay_allocations
from kindpakket.auditor.replay import bindings as replay_bindings
from kindpakket.auditor.replay import blocking as replay_blocking
from kindpakket.auditor.replay import changes as replay_changes
from kindpakket.auditor.replay import decisions as replay_decisions
from kindpakket.auditor.replay import erasures as replay_erasures
from kindpakket.auditor.replay import holds as replay_holds
from kindpakket.auditor.replay import organisations as replay_organisations
from kindpakket.auditor.replay import payments as replay_payments
from kindpakket.auditor.replay import refunds as replay_refunds
from kindpakket.auditor.replay import schemes as replay_schemes
from kindpakket.auditor.replay import settlements as replay_settlements
from kindpakket.auditor.replay import shops as replay_shops
from kindpakket.auditor.replay import vouchers as replay_vouchers
from kindpakket.auditor.replay.amounts import cents_of
from kindpakket.auditor.replay.callers import ACQUIRER, check_caller, named
from kindpakket.auditor.replay.queries import QUERIES, unexplained
from kindpakket.auditor.replay.rules import Findings, Handlers, least_layout
from kindpakket.auditor.replay.trial import trial_books
from kindpakket.ledger.domain import Domain

_SORTED = json.JSONEncoder(sort_keys=True)
_VOID = "request:Void"
_PRIVATE = frozenset({"voucher:RecordCases", "erasure:Purge"})


def _record_cases(_: Books, __: Findings, ___: CommittedRequest, ____: Domain) -> None:
    """Private records move no money."""


_HANDLERS: Handlers = {
    **replay_organisations.HANDLERS,
    **replay_schemes.HANDLERS,
    **replay_changes.HANDLERS,
    **replay_allocations.HANDLERS,
    **replay_shops.HANDLERS,
    **replay_vouchers.HANDLERS,
    **replay_blocking.HANDLERS,
    **replay_bindings.HANDLERS,
    **replay_payments.HANDLERS,
    **replay_holds.HANDLERS,
    **replay_refunds.HANDLERS,
    **replay_settlements.HANDLERS,
    **replay_erasures.HANDLERS,
    **replay_decisions.HANDLERS,
    "voucher:RecordCases": _record_cases,
}


class Replay:
    """Applies requests one by one, in the order of the ledger.

    Attributes:
        books: the books after the requests so far.
        findings: the broken rules so far, in the order of the ledger.
        repeated: how many requests had been committed before and had no effect.
    """

    def __init__(
        self, domain: Domain, books: Books | None = None, seen: MutableMapping[str, str] | None = None
    ) -> None:
        """Begin with empty books, or go on with those of an earlier replay.

        Args:
            domain: the channel and chaincode, which holders' signatures cover.
            books: the books; default: empty ones in memory.
            seen: maps the ids of the requests so far to a digest of each; default: empty, in memory.
        """
        self.books = Books() if books is None else books
        self.findings: list[Finding] = []
        self.repeated = 0
        self._domain = domain
        self._seen = {} if seen is None else seen

    def apply(self, request: CommittedRequest) -> None:
        """Apply one committed request."""
        findings = Findings()
        if request.operation in QUERIES:
            flaw = unexplained(request.request)
            with findings.named("argument"):
                findings.expect(not flaw, f"the query {request.operation} cannot have been accepted: {flaw}")
            self._add(request, findings)
            return
        try:
            self._apply(request, findings)
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
            with findings.named("unknown"):
                findings.add(
                    f"{request.operation} cannot be replayed: {type(error).__name__}: {error}; "
                    "it refers to something unknown, or is from another version"
                )
        self._add(request, findings)

    def _add(self, request: CommittedRequest, findings: Findings) -> None:
        if not findings.found:
            return
        cents = cents_of(self.books, request.request)
        place = "" if request.item is None else f"item {request.item} of the batch: "
        self.findings += [
            Finding(
                request.block_number,
                request.transaction_id,
                "rules",
                f"{request.operation}/{check}" if check else request.operation,
                "error",
                place + sentence,
                cents,
                request.item,
            )
            for check, sentence in findings.found
        ]

    def _apply(self, request: CommittedRequest, findings: Findings) -> None:
        if request.outcome == "refused":
            with findings.named("outcome"):
                self._refused(request, findings)
            return
        with findings.named("layout"):
            self._follow_layout(request, findings)
        with findings.named("request-id"):
            counts = self._counts(request, findings)
        # Also of a repetition: the chaincode looks at the caller before it looks up the id.
        with findings.named("caller"):
            check_caller(self.books, findings, request)
        if request.item is not None:
            with findings.named("outcome"):
                _expect_outcome(request, findings, counts)
        if not counts:
            return
        self._carry_out(self.books, request, findings)

    def _carry_out(self, books: Books, request: CommittedRequest, findings: Findings) -> None:
        request = named(books, request)
        if request.operation == _VOID:
            self._void(request, findings)
        elif request.operation in _HANDLERS:
            _HANDLERS[request.operation](books, findings, request, self._domain)
        else:
            with findings.named("unknown-operation"):
                findings.add(f"unknown operation {request.operation}")

    def _refused(self, request: CommittedRequest, findings: Findings) -> None:
        """An item that the chaincode refused: would the rules have refused it too? Nothing is changed."""
        request_id = str(request.request["request_id"])
        if request_id in self.books.voided:
            return
        what = f"{request.operation} {request_id} was refused with {request.refusal or 'no code'}"
        earlier = self._seen.get(request_id)
        if earlier is not None:
            findings.expect(earlier != _content(request), f"{what} although it had been committed")
            return
        broken = Findings()
        check_caller(self.books, broken, request)
        try:
            self._carry_out(trial_books(self.books), request, broken)
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
            return  # it names something that is not there
        findings.expect(bool(broken.found), f"{what} although the rules allow it")

    def _follow_layout(self, request: CommittedRequest, findings: Findings) -> None:
        """Learn the layout from a request; it never goes back."""
        findings.expect(
            not 0 < request.layout < self.books.layout,
            f"it was recorded in layout {request.layout}, but the ledger has layout {self.books.layout}",
        )
        least = least_layout(request.operation, request.request)
        self.books.layout = max(self.books.layout, request.layout, least)

    def _counts(self, request: CommittedRequest, findings: Findings) -> bool:
        """Whether a request is new. Before layout 3, one that wrote private records only left no id."""
        request_id = str(request.request["request_id"])
        if request.operation in _PRIVATE and self.books.layout < 2:
            return True
        if request_id in self.books.voided:
            findings.add(f"request {request_id} was committed although it is void")
            return False
        content = _content(request)
        earlier = self._seen.get(request_id)
        if earlier is None:
            if request.operation not in _PRIVATE or self.books.layout >= 3:
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


def _expect_outcome(request: CommittedRequest, findings: Findings, counts: bool) -> None:
    """Whether an item of a batch that was not refused is what the chaincode says: new, or a repetition."""
    request_id, recorded = request.request["request_id"], bool(request.layout)
    if request.outcome == "exists":
        findings.expect(not counts, f"{request.operation} {request_id} exists by the answer, but it is new")
    else:
        findings.expect(counts, f"{request.operation} {request_id} is done by the answer, but it was before")
        findings.expect(recorded, f"{request.operation} {request_id} is done, but left no record of its id")


def _content(request: CommittedRequest) -> str:
    """A digest of what makes two requests equal: operation, on whose behalf, all members but proofs."""
    content = _without_proof(request.request)
    if "activations" in content:
        content["activations"] = [_without_proof(activation) for activation in content["activations"]]
    behalf = request.person if request.role == ACQUIRER else request.shop
    whole = _SORTED.encode([request.operation, request.mspid, behalf, content])
    return hashlib.sha256(whole.encode()).hexdigest()


def _without_proof(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: member for name, member in members.items() if name != "proof"}
