"""The typed facades: one JSON object for each call, fresh ids, safe repetition, refusals as exceptions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Any

import pytest
from grpc import StatusCode
from story import rules

from kindpakket.auditor.books import TERMS
from kindpakket.fabric import CommitError, EndorseError, ErrorDetail, EvaluateError, UnknownOutcome
from kindpakket.fabric.testing import Invocation, MemoryGateway
from kindpakket.holder.key import HolderKey
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.ids import is_id
from kindpakket.ledger.records import Line
from kindpakket.ledger.refusals import InsufficientBalance, RequestCommitted, SchemeNotFound
from kindpakket.municipality import Municipality
from kindpakket.shop import Shop

ORGANISATIONS = {
    "municipality": "GemeenteMSP",
    "shops": ["WinkelsMSP", "KetenMSP"],
    "auditors": ["AuditorMSP"],
}


@dataclass
class Call:
    name: str
    request: dict[str, Any]
    transient: Mapping[str, str | bytes]
    organisations: tuple[str, ...]


@dataclass
class FakeLedger:
    """Answers in order; an answer that is an exception is raised."""

    answers: list[Any]
    channel: str = "zuidhorn"
    chaincode: str = "kindpakket"
    calls: list[Call] = field(default_factory=list)

    def evaluate(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Mapping[str, str | bytes] | None = None,
        endorsing_organizations: Sequence[str] = (),
        conflict_attempts: int = 1,
    ) -> bytes:
        (argument,) = arguments
        self.calls.append(Call(name, json.loads(argument), transient or {}, tuple(endorsing_organizations)))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return json.dumps(answer).encode()

    submit = evaluate


def endorse_error(message: str) -> EndorseError:
    detail = ErrorDetail("127.0.0.1:7051", "GemeenteMSP", message)
    return EndorseError("failed", status=StatusCode.ABORTED, details=(detail,), transaction_id="tx-1")


def test_a_write_is_one_object_with_a_fresh_request_id() -> None:
    ledger = FakeLedger([{"id": "x"}, {"id": "y"}])
    municipality = Municipality(ledger)
    municipality.schemes.draft(rules(), 100)
    municipality.schemes.draft(rules(), 100)
    first, second = ledger.calls
    assert first.name == "scheme:Draft"
    assert first.request["rules"]["name"] == "kindpakket-2026"
    assert first.request["budget_cents"] == 100
    assert is_id(first.request["request_id"])
    assert first.request["request_id"] != second.request["request_id"]


def test_a_request_id_that_is_given_is_sent() -> None:
    ledger = FakeLedger([{}])
    Municipality(ledger).schemes.close_day("s" * 32, date(2026, 3, 10), request_id="1" * 32)
    assert ledger.calls[0].request == {"request_id": "1" * 32, "scheme": "s" * 32, "day": "2026-03-10"}


@pytest.fixture
def proposed() -> list[bytes]:
    return []


@pytest.fixture
def memory(proposed: list[bytes]) -> Iterator[MemoryGateway]:
    def echo(call: Invocation) -> bytes:
        """Keep the requests in the order in which they are proposed, and answer with the last."""
        proposed.append(call.arguments[0])
        return call.arguments[0]

    with MemoryGateway({"kindpakket": echo}, channel="zuidhorn") as made:
        yield made


@pytest.fixture
def municipality(memory: MemoryGateway) -> Iterator[Municipality]:
    with memory.connect() as gateway:
        yield Municipality(gateway.network("zuidhorn").contract("kindpakket"))


@pytest.mark.parametrize("code", ["MVCC_READ_CONFLICT", "PHANTOM_READ_CONFLICT"])
def test_a_conflict_is_sent_again_with_the_same_request(
    memory: MemoryGateway, municipality: Municipality, proposed: list[bytes], code: str
) -> None:
    memory.invalidate(code, times=2)
    assert municipality.schemes.open("s" * 32)["scheme"] == "s" * 32  # type: ignore[typeddict-item]
    assert len(proposed) == 3
    assert len(set(proposed)) == 1


def test_conflicts_end(memory: MemoryGateway, municipality: Municipality, proposed: list[bytes]) -> None:
    memory.invalidate("MVCC_READ_CONFLICT", times=20)
    with pytest.raises(CommitError, match="MVCC_READ_CONFLICT"):
        municipality.schemes.open("s" * 32)
    assert 1 < len(proposed) <= 10


@pytest.mark.parametrize(
    "error",
    [
        CommitError("tx", "ENDORSEMENT_POLICY_FAILURE", 7),
        UnknownOutcome("tx", b"envelope"),
        endorse_error("no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_other_errors_are_not_sent_again(error: Exception) -> None:
    ledger = FakeLedger([error])
    with pytest.raises(type(error)):
        Municipality(ledger).schemes.open("s" * 32)


def test_a_refusal_is_an_exception_of_its_code() -> None:
    message = 'chaincode response 500, INSUFFICIENT_BALANCE: too much {"available_cents":5}'
    ledger = FakeLedger([endorse_error(message)])
    till = Shop(ledger, "b" * 32)
    order = till.order("a" * 32, "c" * 32, [{"category": "books", "cents": 6}])
    with pytest.raises(InsufficientBalance) as caught:
        till.pay(order, HolderKey.generate().authorise(order))
    assert caught.value.details == {"available_cents": 5}
    assert caught.value.transaction_id == "tx-1"
    assert isinstance(caught.value.__cause__, EndorseError)


def test_a_query_can_be_refused_too() -> None:
    message = "evaluate call to endorser returned error: chaincode response 500, SCHEME_NOT_FOUND: none {}"
    ledger = FakeLedger([EvaluateError(message, status=StatusCode.UNKNOWN)])
    with pytest.raises(SchemeNotFound):
        Municipality(ledger).schemes.show("a" * 32)


def test_lists_are_read_page_by_page() -> None:
    ledger = FakeLedger(
        [{"items": [{"id": "1"}, {"id": "2"}], "next": "2"}, {"items": [{"id": "3"}], "next": ""}]
    )
    assert [voucher["id"] for voucher in Municipality(ledger).vouchers.list("s" * 32)] == ["1", "2", "3"]
    assert [call.request["cursor"] for call in ledger.calls] == ["", "2"]
    assert all(call.request["limit"] == 500 for call in ledger.calls)


def test_totals_are_added_up_over_the_pages() -> None:
    pages = [
        {**{f"{term}_cents": number for term in TERMS}, "vouchers": number, "next": following}
        for number, following in ((500, "f"), (20, ""))
    ]
    totals = Municipality(FakeLedger(pages)).audit.totals("s" * 32)
    assert totals["vouchers"] == totals["issued_cents"] == totals["revoked_cents"] == 520


def test_history_is_read_page_by_page() -> None:
    entry = {"transaction_id": "t", "at": 1, "deleted": True, "by": None, "before": {}, "value": None}
    ledger = FakeLedger([{"entries": [entry], "next": "t"}, {"entries": [entry], "next": ""}])
    assert len(list(Municipality(ledger).audit.history("shop/x"))) == 2


def test_case_records_go_to_the_municipality_alone_and_not_into_the_request() -> None:
    ledger = FakeLedger([ORGANISATIONS, {"recorded": 1}])
    case = {"voucher": "c" * 32, "case": "Z-1", "salt": "f" * 32}
    Municipality(ledger).vouchers.record_cases("a" * 32, [case])  # type: ignore[list-item]
    record = ledger.calls[1]
    assert record.organisations == ("GemeenteMSP",)
    assert json.loads(record.transient["cases"]) == [case]
    assert set(record.request) == {"request_id", "scheme"}


def test_case_records_that_are_there_already_are_no_failure() -> None:
    case = {"voucher": "c" * 32, "case": "Z-1", "salt": "f" * 32}
    ledger = FakeLedger([ORGANISATIONS, CommitError("tx", "ENDORSEMENT_POLICY_FAILURE", 7)])
    assert Municipality(ledger).vouchers.record_cases("a" * 32, [case]) == {"recorded": 1}  # type: ignore[list-item]
    ledger = FakeLedger([ORGANISATIONS, CommitError("tx", "EXPIRED_CHAINCODE", 7)])
    with pytest.raises(CommitError, match="EXPIRED_CHAINCODE"):
        Municipality(ledger).vouchers.record_cases("a" * 32, [case])  # type: ignore[list-item]


def test_a_shop_account_is_asked_of_a_municipal_peer() -> None:
    account = {"iban": "NL91ABNA0417164300", "holder": "h", "kvk": "12345678", "contact": "c", "salt": "s"}
    ledger = FakeLedger([ORGANISATIONS, account])
    assert Municipality(ledger).shops.account("b" * 32) == account
    assert ledger.calls[1].organisations == ("GemeenteMSP",)


def test_an_application_carries_the_account_privately() -> None:
    ledger = FakeLedger([{"id": "b" * 32}])
    Shop(ledger, "b" * 32).apply(
        ["books"], iban="NL91ABNA0417164300", holder="h", kvk="12345678", contact="c"
    )
    (call,) = ledger.calls
    assert call.request == {"request_id": "b" * 32, "categories": ["books"]}
    assert "NL91" not in json.dumps(call.request)
    assert len(json.loads(call.transient["account"])["salt"]) >= 32


def test_an_order_is_complete_before_anybody_signs_and_is_sent_as_it_is() -> None:
    ledger = FakeLedger([{"id": "p"}, {"id": "p"}])
    till = Shop(ledger, "b" * 32)
    order = till.order(
        "a" * 32, "c" * 32, [{"category": "books", "cents": 5}], version=2, deadline=1_800_000_000
    )
    assert order.domain == Domain("zuidhorn", "kindpakket")
    proof = HolderKey.generate().authorise(order)
    assert till.pay(order, proof) == till.pay(order, proof)
    first, second = ledger.calls
    assert first == second
    assert first.request == {
        "request_id": order.request_id,
        "scheme": "a" * 32,
        "voucher": "c" * 32,
        "shop": "b" * 32,
        "lines": [{"category": "books", "cents": 5}],
        "deadline": 1_800_000_000,
        "proof": proof,
    }


def test_a_payment_without_a_proof_is_left_for_the_chaincode_to_refuse() -> None:
    ledger = FakeLedger([{}])
    till = Shop(ledger, "b" * 32)
    till.pay(till.order("a" * 32, "c" * 32, [{"category": "books", "cents": 5}]), None)
    assert "proof" not in ledger.calls[0].request


@pytest.mark.parametrize(
    ("method", "arguments", "operation"),
    [
        ("schemes.approve", ("a",), "scheme:Approve"),
        ("schemes.pause", ("a", "audit"), "scheme:Pause"),
        ("shops.approve", ("a", []), "shop:Approve"),
        ("shops.suspend", ("a", "x"), "shop:Suspend"),
        ("shops.reinstate", ("a", "x"), "shop:Reinstate"),
        ("vouchers.issue", ("a", []), "voucher:Issue"),
        ("vouchers.activate", ("a", []), "voucher:Activate"),
        ("vouchers.block", ("a", "c", "x"), "voucher:Block"),
        ("vouchers.unblock", ("a", "c", "x"), "voucher:Unblock"),
        ("vouchers.self_block", ("a", "c", "f" * 32), "voucher:SelfBlock"),
        ("vouchers.revoke", ("a", ["c"], "x"), "voucher:Revoke"),
        ("vouchers.top_up", ("a", [], "x"), "voucher:TopUp"),
        ("vouchers.extend", ("a", ["c"], date(2027, 1, 31), "x"), "voucher:Extend"),
        ("vouchers.lapse", ("a", ["c"], "x"), "voucher:Lapse"),
        ("vouchers.replace", ("a", "c", {}, "x"), "voucher:Replace"),
        ("vouchers.approve_replacement", ("a", "c", "d"), "voucher:ApproveReplacement"),
        ("vouchers.reject_replacement", ("a", "c", "d", "x"), "voucher:RejectReplacement"),
        ("schemes.propose_rules", ("a", rules(), "all", "x"), "scheme:ProposeRules"),
        ("schemes.propose_budget", ("a", 100, "x"), "scheme:ProposeBudget"),
        ("schemes.propose_closing", ("a", "x"), "scheme:ProposeClosing"),
        ("schemes.approve_change", ("a", "d"), "scheme:ApproveChange"),
        ("schemes.reject_change", ("a", "d", "x"), "scheme:RejectChange"),
        ("shops.grant", ("b", [], "x"), "shop:Grant"),
        ("shops.end", ("b", "x", 30), "shop:End"),
        ("shops.approve_account", ("b", "d"), "shop:ApproveAccount"),
        ("shops.reject_account", ("b", "d", "x"), "shop:RejectAccount"),
        ("settlements.claim", ("a", "b", "x"), "settlement:Claim"),
        ("settlements.collect", ("a", "d", "x"), "settlement:Collect"),
        ("settlements.write_off", ("a", "d", "x"), "settlement:WriteOff"),
        ("erasures.order", ("citizens", ["c"], "retention"), "erasure:Order"),
        ("erasures.approve", ("d",), "erasure:Approve"),
        ("erasures.withdraw", ("d", "x"), "erasure:Withdraw"),
        ("erasures.certify", ("d",), "erasure:Certify"),
        ("payments.release", ("p", "expired"), "payment:Release"),
        ("requests.void", ("d",), "request:Void"),
        ("settlements.draft", ("a", "b"), "settlement:Draft"),
        ("settlements.approve", ("a", "b"), "settlement:Approve"),
        ("settlements.withdraw", ("a", "b", "x"), "settlement:Withdraw"),
        ("settlements.export", ("a", ["b"], "f"), "settlement:Export"),
        ("settlements.book", ("a", "b", "paid", "x"), "settlement:Book"),
        ("organisations.initialise", ("A", ["B"], ["C"]), "organisations:Initialise"),
        ("organisations.propose", ("A", "shops", "x"), "organisations:Propose"),
        ("organisations.approve", ("A", "b"), "organisations:Approve"),
        ("organisations.reject", ("A", "b", "x"), "organisations:Reject"),
    ],
)
def test_each_method_is_one_transaction(method: str, arguments: tuple[Any, ...], operation: str) -> None:
    ledger = FakeLedger([{}])
    attrgetter(method)(Municipality(ledger))(*arguments, request_id="1" * 32)
    (call,) = ledger.calls
    assert call.name == operation
    assert call.request["request_id"] == "1" * 32
    noun, _, name = operation.partition(":")
    assert method in (f"{noun}s.{_snake(name)}", f"{noun}.{_snake(name)}")


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize(
    ("method", "arguments", "operation"),
    [
        ("capture", ("p", []), "payment:Capture"),
        ("release", ("p", "x"), "payment:Release"),
        ("cancel", ("p", "x"), "payment:Cancel"),
        ("refund", ("p", [], "x"), "payment:Refund"),
        ("self_block", ("a", "c", "f" * 32), "voucher:SelfBlock"),
        ("draft_settlement", ("a",), "settlement:Draft"),
        ("reject_account", ("d", "x"), "shop:RejectAccount"),
        ("requests.void", ("d",), "request:Void"),
    ],
)
def test_each_method_of_a_till_is_one_transaction(
    method: str, arguments: tuple[Any, ...], operation: str
) -> None:
    ledger = FakeLedger([{}])
    attrgetter(method)(Shop(ledger, "b" * 32))(*arguments, request_id="1" * 32)
    (call,) = ledger.calls
    assert (call.name, call.request["request_id"]) == (operation, "1" * 32)


@pytest.mark.parametrize(
    ("method", "arguments", "operation", "members"),
    [
        ("schemes.rules", ("a", 2), "scheme:Rules", {"scheme": "a", "version": 2}),
        ("settlements.due", ("a", "b"), "settlement:Due", {"scheme": "a", "shop": "b"}),
        ("erasures.show", ("d",), "erasure:Show", {"erasure": "d"}),
        ("requests.show", ("d",), "request:Show", {"request": "d"}),
    ],
)
def test_each_question_is_one_query(
    method: str, arguments: tuple[Any, ...], operation: str, members: dict[str, Any]
) -> None:
    ledger = FakeLedger([{"answer": 1}])
    assert attrgetter(method)(Municipality(ledger))(*arguments) == {"answer": 1}
    assert [(call.name, call.request) for call in ledger.calls] == [(operation, members)]


@pytest.mark.parametrize(
    ("method", "arguments", "operation", "members"),
    [
        ("schemes.changes", ("a",), "scheme:Changes", {"scheme": "a"}),
        ("vouchers.lapsable", ("a",), "voucher:Lapsable", {"scheme": "a"}),
        ("payments.list", ("a",), "payment:List", {"scheme": "a"}),
        ("erasures.list", (), "erasure:List", {}),
        ("erasures.due", ("citizens", "a"), "erasure:Due", {"collection": "citizens", "scheme": "a"}),
        ("erasures.due", ("shopAccounts",), "erasure:Due", {"collection": "shopAccounts"}),
        (
            "audit.sample",
            ("a", "payment", "5eed", 50),
            "audit:Sample",
            {"scheme": "a", "kind": "payment", "seed": "5eed", "per_mille": 50},
        ),
    ],
)
def test_long_answers_come_in_pages_that_may_be_short(
    method: str, arguments: tuple[Any, ...], operation: str, members: dict[str, Any]
) -> None:
    pages = [{"items": [], "next": "1"}, {"items": [{"id": "2"}], "next": ""}]
    ledger = FakeLedger(pages)
    assert list(attrgetter(method)(Municipality(ledger))(*arguments)) == [{"id": "2"}]
    assert {call.name for call in ledger.calls} == {operation}
    assert [call.request for call in ledger.calls] == [
        {**members, "cursor": cursor, "limit": 500} for cursor in ("", "1")
    ]


@pytest.mark.parametrize(
    ("method", "arguments", "operation"),
    [
        ("audit.voucher_statement", ("a", "c"), "audit:VoucherStatement"),
        ("audit.scheme_statement", ("a",), "audit:SchemeStatement"),
    ],
)
def test_statements_are_read_page_by_page(method: str, arguments: tuple[str, ...], operation: str) -> None:
    ledger = FakeLedger([{"entries": [1], "next": "t"}, {"entries": [2], "next": ""}])
    assert list(attrgetter(method)(Municipality(ledger))(*arguments)) == [1, 2]
    assert {call.name for call in ledger.calls} == {operation}


def test_a_shops_statement_is_added_up_over_its_pages() -> None:
    pages = [
        {"entries": [{"id": "1"}], "sums": {"paid_cents": 5, "unsettled_cents": 1}, "next": "x"},
        {"entries": [{"id": "2"}], "sums": {"paid_cents": 7, "unsettled_cents": -3}, "next": ""},
    ]
    statement = Shop(FakeLedger(pages), "b" * 32).statement("a" * 32)
    assert [entry["id"] for entry in statement["entries"]] == ["1", "2"]
    assert statement["sums"] == {"paid_cents": 12, "unsettled_cents": -2}


def test_a_hold_says_until_when_and_is_sent_as_it_was_signed() -> None:
    ledger = FakeLedger([{"id": "p"}])
    till = Shop(ledger, "b" * 32)
    lines: list[Line] = [{"category": "books", "cents": 5}]
    order = till.hold_order("a" * 32, "c" * 32, lines, expires_at=1_800_000_600, deadline=1_800_000_000)
    proof = HolderKey.generate().authorise(order)
    till.hold(order, proof)
    (call,) = ledger.calls
    assert call.name == "payment:Hold"
    assert (call.request["deadline"], call.request["expires_at"]) == (1_800_000_000, 1_800_000_600)
    assert (call.request["request_id"], call.request["proof"]) == (order.request_id, proof)


def test_another_account_goes_privately_too() -> None:
    ledger = FakeLedger([{"id": "b" * 32}])
    till = Shop(ledger, "b" * 32)
    account = {"iban": "NL91ABNA0417164300", "holder": "h", "kvk": "12345678", "contact": "c", "salt": "s"}
    till.change_account("new-bank", **account)
    (call,) = ledger.calls
    assert call.name == "shop:ChangeAccount"
    assert set(call.request) == {"request_id", "shop", "reason"}
    assert json.loads(call.transient["account"]) == account


def test_an_account_that_waits_is_asked_of_a_municipal_peer() -> None:
    ledger = FakeLedger([ORGANISATIONS, {"iban": "NL91ABNA0417164300"}])
    Municipality(ledger).shops.proposed_account("b" * 32)
    assert (ledger.calls[1].name, ledger.calls[1].organisations) == ("shop:ProposedAccount", ("GemeenteMSP",))


def test_everything_that_is_lapsable_lapses_in_bulks() -> None:
    lapsable = [{"id": f"{number:032x}"} for number in range(620)]
    pages = [{"items": lapsable[:500], "next": "x"}, {"items": lapsable[500:], "next": ""}]
    ledger = FakeLedger([*pages, {"cents": 5}, {"cents": 6}])
    assert [moved["cents"] for moved in Municipality(ledger).vouchers.lapse_all("a" * 32, "period-over")] == [
        5,
        6,
    ]
    first, second = ledger.calls[2:]
    assert (len(first.request["vouchers"]), len(second.request["vouchers"])) == (500, 120)
    assert first.request["request_id"] != second.request["request_id"]


@pytest.mark.parametrize(
    ("collection", "endorsers"),
    [("citizens", ("GemeenteMSP",)), ("shopAccounts", ("GemeenteMSP", "WinkelsMSP", "KetenMSP"))],
)
def test_a_purge_is_endorsed_by_those_who_have_the_records(
    collection: str, endorsers: tuple[str, ...]
) -> None:
    ledger = FakeLedger([{"collection": collection, "records": []}, ORGANISATIONS, {"purged": 3}])
    assert Municipality(ledger).erasures.purge("d" * 32) == {"purged": 3}
    assert (ledger.calls[-1].name, ledger.calls[-1].organisations) == ("erasure:Purge", endorsers)


def test_a_purge_that_was_done_before_is_no_failure() -> None:
    before = CommitError("tx", "ENDORSEMENT_POLICY_FAILURE", 7)
    ordered = {"collection": "citizens", "records": [{"id": "c" * 32}]}
    ledger = FakeLedger([ordered, ORGANISATIONS, before])
    assert Municipality(ledger).erasures.purge("d" * 32) == {"purged": 1}


def test_an_unknown_outcome_is_made_certain_either_way() -> None:
    voided = FakeLedger([{"void": "d" * 32}])
    assert Shop(voided, "b" * 32).requests.void("d" * 32) == {"void": "d" * 32}
    assert voided.calls[0].request["void"] == "d" * 32
    message = 'chaincode response 500, REQUEST_COMMITTED: it stands {"operation":"payment:Pay"}'
    with pytest.raises(RequestCommitted) as caught:
        Shop(FakeLedger([endorse_error(message)]), "b" * 32).requests.void("d" * 32)
    assert caught.value.details["operation"] == "payment:Pay"
