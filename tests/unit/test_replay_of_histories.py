"""The replay makes of a ledger what the chaincode makes of it, and finds what the chaincode refuses.

The Go test TestHistoriesForTheAuditor drives the chaincode at random and writes down what was asked, what was
refused and what the ledger held in the end.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from ledger_blocks import Asked, peer_of

from fabric_gateway.blocks import CommittedTransaction, Write
from kindpakket.auditor.books.terms import TERMS
from kindpakket.auditor.committed_requests import BATCH, CommittedRequest, as_stored, requests_in
from kindpakket.auditor.differences import differences
from kindpakket.auditor.replay.replay import Replay
from kindpakket.auditor.written import written_differences
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.reader import Reader

FORM = {"MALFORMED_REQUEST", "INVALID_AMOUNT", "INVALID_ID", "INVALID_CODE", "INVALID_NUMBER"}
"""Refusals of a request's form, which no honest peer endorses and the replay does not repeat."""
PRIVATE = {"CASE_RECORD_MISSING", "ACCOUNT_MISSING", "TRANSIENT_REQUIRED"}
"""Refusals by private records, which no auditor sees."""


class State:
    """What a peer with this state would answer to the auditor."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._state = state

    def _under(self, prefix: str) -> Iterator[Any]:
        return (record for key, record in sorted(self._state.items()) if key.startswith(prefix))

    def organisations(self) -> Any:
        first = self._state["organisations"]
        approved = [one for one in self.further_organisations() if one["state"] == "approved"]
        further = {
            kind: [one["msp"] for one in approved if one["kind"] == kind] for kind in ("shops", "auditors")
        }
        named = {**first, **{kind: first[kind] + msps for kind, msps in further.items()}}
        ended = [one["msp"] for one in self.further_organisations() if one["state"] == "ended"]
        return {**named, "ended": [*first.get("ended", ()), *ended] or None}

    def further_organisations(self) -> list[Any]:
        return list(self._under("organisation/"))

    def schemes(self) -> Iterator[Any]:
        return self._under("scheme/")

    def scheme(self, scheme: str) -> Any:
        version = self._state[f"scheme/{scheme}"]["rules_version"]
        return {
            "rules": self.rules(scheme, version),
            "budget": self._state[f"budget/{scheme}"],
            "closed_until": self._state[f"day/{scheme}"]["closed_until"],
        }

    def rules(self, scheme: str, version: int) -> Any:
        return self._state[f"rules/{scheme}/{version:06}"]

    def changes(self, scheme: str) -> Iterator[Any]:
        return self._under(f"change/{scheme}/")

    def allocations(self, scheme: str) -> Iterator[Any]:
        return self._under(f"allocation/{scheme}/")

    def vouchers(self, scheme: str) -> Iterator[Any]:
        return self._under(f"voucher/{scheme}/")

    def totals(self, scheme: str) -> Any:
        vouchers = list(self.vouchers(scheme))
        sums = {f"{term}_cents": sum(one[f"{term}_cents"] for one in vouchers) for term in TERMS}
        return {**sums, "vouchers": len(vouchers)}

    def shops(self) -> Iterator[Any]:
        return self._under("shop/")

    def payments(self, scheme: str) -> Iterator[Any]:
        return (payment for payment in self._under("payment/") if payment["scheme"] == scheme)

    def waiting_refunds(self, scheme: str) -> Iterator[Any]:
        for prefix in (f"asked/{scheme}/", f"waiting/{scheme}/"):
            for key in sorted(self._state):
                if key.startswith(prefix):
                    yield self._state[f"refund/{key.rsplit('/', 1)[1]}"]

    def of_day(self, scheme: str, shop: str, day: str) -> Iterator[Any]:
        for kind in ("unsettled", "sold"):
            for key in sorted(self._state):
                item = key.removeprefix(f"{kind}/{scheme}/{shop}/{day}/")
                if item != key and f"refund/{item}" in self._state:
                    yield {"id": item, "refund": self._state[f"refund/{item}"]}

    def settlements(self, scheme: str) -> Iterator[Any]:
        return self._under(f"settlement/{scheme}/")

    def items(self, scheme: str, settlement: str) -> list[Any]:
        return [
            {
                "id": key.rsplit("/", 1)[1],
                "day": key.rsplit("/", 2)[1],
                **{name: value[name] for name in ("cents", "kind") if name in value},
            }
            for key, value in sorted(self._state.items())
            if key.startswith(f"sold/{scheme}/") and value["settlement"] == settlement
        ]

    def unsettled(self, scheme: str, shop: str) -> Iterator[Any]:
        prefix = f"unsettled/{scheme}/{shop}/"
        for key in sorted(self._state):
            if key.startswith(prefix):
                day, item = key.removeprefix(prefix).split("/")
                yield {"id": item, "day": day, "cents": self._state[key]["cents"]}

    def erasures(self) -> Iterator[Any]:
        return self._under("erasure/")

    def decisions(self) -> Iterator[Any]:
        return self._under("decision/")

    def waiting(self) -> Iterator[Any]:
        """The entries of the index, and of the two lists of their own that are read with it."""
        yield from self._under("pending/")
        for key, value in self._state.items():
            kind, *members = key.split("/")
            if kind == "receivable":
                claimed = self._state[f"settlement/{members[0]}/{members[2]}"]
                yield {"kind": "receivable", "id": members[2], "proposed_by": claimed["drafted_by"]}
            if kind == "waiting":
                refund = self._state[f"refund/{members[1]}"]
                by = refund.get("endorsed_by") or f"{value['by']['msp']}/{value['by']['person']}"
                yield {"kind": "refund", "id": members[1], "proposed_by": by}

    def outcome(self, request: str) -> Any:
        record = self._state[f"request/{request}"]
        return {"state": "committed" if record["digest"] else "void"}


def reader_of(state: dict[str, Any]) -> Reader:
    """A reader whose desks are answered from a state."""
    peer = State(state)
    desks: dict[str, dict[str, object]] = {
        "organisations": {"show": peer.organisations, "list": peer.further_organisations},
        "schemes": {
            "show": peer.scheme,
            "list": peer.schemes,
            "rules": peer.rules,
            "changes": peer.changes,
        },
        "shops": {"list": peer.shops},
        "allocations": {"list": peer.allocations},
        "vouchers": {"list": peer.vouchers},
        "payments": {
            "list": peer.payments,
            "of_day": peer.of_day,
            "unsettled": peer.unsettled,
            "waiting_refunds": peer.waiting_refunds,
        },
        "settlements": {"list": peer.settlements, "items": peer.items},
        "erasures": {"list": peer.erasures},
        "decisions": {"list": peer.decisions, "waiting": peer.waiting},
        "audit": {"totals": peer.totals},
        "requests": {"show": peer.outcome},
    }
    return cast(Reader, SimpleNamespace(**{noun: SimpleNamespace(**calls) for noun, calls in desks.items()}))


class Written:
    """A transaction that wrote all of a state."""

    def __init__(self, states: dict[str, dict[str, Any]]) -> None:
        self._states = states

    def writes(self, namespace: str) -> tuple[Write, ...]:
        state = self._states[namespace]
        return tuple(Write(key, json.dumps({"v": 3, **record}).encode()) for key, record in state.items())


def transaction(asked: dict[str, Any]) -> Asked:
    """What was asked, as a transaction in a block."""
    return Asked(
        operation=asked["operation"],
        request=asked["request"],
        writes=asked.get("writes") or {},
        at=asked["at"],
        mspid=asked["msp"],
        person=asked["person"],
        role=asked["role"],
        shop=asked["shop"],
        till=asked["till"],
        answer=asked.get("answer"),
    )


def requests_of(number: int, asked: dict[str, Any]) -> list[CommittedRequest]:
    """What was asked as the auditor reads it: the items of a batch one by one."""
    if asked["operation"] != BATCH:
        return [requested(number, asked)]
    if asked["refused"]:
        return [
            requested(number, {**asked, "operation": item["operation"], "request": item["request"]})
            for item in asked["request"]["items"]
        ]
    (block,) = peer_of([transaction(asked)]).decoded()
    requests, unreadable = requests_in(block, "kindpakket")
    assert not unreadable, unreadable
    return [
        replace(request, block_number=number, layout=3 if request.outcome == "done" else 0)
        for request in requests
    ]


def requested(number: int, asked: dict[str, Any]) -> CommittedRequest:
    return CommittedRequest(
        block_number=number,
        transaction_id=f"{number:064x}",
        at=asked["at"],
        operation=asked["operation"],
        request=as_stored(asked["request"]),
        mspid=asked["msp"],
        person=asked["person"],
        shop=asked["shop"],
        role=asked["role"],
        till=asked["till"],
        layout=3,
    )


def test_the_books_are_what_the_ledger_holds(histories: list[dict[str, Any]]) -> None:
    for history in histories:
        replay = Replay(Domain("zuidhorn", "kindpakket"))
        replay.books.layout = 3
        for number, asked in enumerate(history["asked"]):
            if not asked["refused"]:
                for request in requests_of(number, asked):
                    replay.apply(request)
                assert not replay.findings, (replay.findings[-1], asked)
        found = list(differences(replay.books, reader_of(history["state"])))
        assert not found, [str(one) for one in found]
        wrote = Written({"kindpakket": history["state"]})
        found = list(written_differences(replay.books, cast(CommittedTransaction, wrote), "kindpakket"))
        assert not found, [str(one) for one in found]


def test_what_the_chaincode_refuses_is_a_finding(histories: list[dict[str, Any]]) -> None:
    missed = []
    for history in histories:
        replay = Replay(Domain("zuidhorn", "kindpakket"))
        replay.books.layout = 3
        for number, asked in enumerate(history["asked"]):
            if not asked["refused"]:
                for request in requests_of(number, asked):
                    replay.apply(request)
            elif asked["refused"] not in FORM | PRIVATE:
                tried = copy.deepcopy(replay)
                for request in requests_of(number, asked):
                    tried.apply(request)
                if not tried.findings:
                    missed.append((asked["operation"], asked["refused"], asked["request"]))
    assert not missed, missed[:3]
