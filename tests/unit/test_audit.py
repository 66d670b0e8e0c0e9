"""The audit reads blocks of a peer in memory, and finds what was tampered with."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from story import CODE, DOMAIN, ENTITLEMENT, ORGANISATIONS, SCHEME, SHOP, VOUCHER, Story, rules

from fabric_gateway.blocks import Block
from fabric_gateway.testing import Invocation, MemoryGateway, make_identity
from kindpakket.auditor.auditor import Auditor, LedgerMoves
from kindpakket.auditor.chain import Chain
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import self_block_hash
from kindpakket.ledger.days import day_of

PEOPLE = {"p-clerk": "issuer", "p-manager": "approver", "p-treasurer": "treasurer", "p-shop": "shopkeeper"}


class Peer:
    """Takes every request as it comes, and answers queries with records that are given to it."""

    def __init__(self) -> None:
        self.records: dict[str, Any] = {}

    def __call__(self, call: Invocation) -> str:
        request = json.loads(call.arguments[0])
        if not isinstance(request, dict):
            return "{}"
        key = (call.name, *(str(value) for name, value in request.items() if name not in ("cursor", "limit")))
        if key[0].endswith((":Show", ":List", ":Totals", ":Unsettled", ":Changes", ":Rules")):
            return json.dumps(self.records[" ".join(key)])
        call.put(f"request/{request['request_id']}", '{"v":2}')
        return "{}"


def terms(**cents: int) -> dict[str, int]:
    names = "issued topped_up spent refunded cancelled held available lapsed revoked"
    return {f"{name}_cents": cents.get(name, 0) for name in names.split(" ")}


def records(story: Story, at: int, payment: str) -> dict[str, Any]:
    """What the state must be after one payment of 1500 cents, 500 of which were refunded, by hand."""
    today = day_of(at)
    refund = story.requests[-1].request["request_id"]
    money = terms(issued=30000, spent=1500, refunded=500, available=29000)
    voucher = {
        "id": VOUCHER,
        "rules_version": 1,
        "state": "active",
        "entitlement": ENTITLEMENT,
        "preset": "child",
        "units": 1,
        "ends_at": 1_798_758_000,
        "spent_by_category": {"books": 1000, "toys": 0},
        "day": {"date": today, "cents": 1500},
        "authorisation": {**story.holder.authorisation(), "version": 1},
        "self_block": self_block_hash(DOMAIN, SCHEME, VOUCHER, CODE),
        **money,
    }
    budget = {
        "budget_cents": 100000,
        "issued_cents": 30000,
        "topped_up_cents": 0,
        "lapsed_cents": 0,
        "revoked_cents": 0,
        "unallocated_cents": 70000,
    }
    shop = {
        "id": SHOP,
        "msp": "WinkelsMSP",
        "state": "approved",
        "requested": ["books", "toys"],
        "categories": [{"code": code, "from": "2026-01-01"} for code in ("books", "toys")],
        "applied_by": "p-shop",
        "approved_by": "p-manager",
    }
    items = [{"id": payment, "day": today, "cents": 1500}, {"id": refund, "day": today, "cents": -500}]
    scheme = {
        "id": SCHEME,
        "state": "open",
        "rules_version": 1,
        "drafted_by": "p-clerk",
        "approved_by": "p-manager",
        "opened_by": "p-clerk",
    }
    return {
        "organisations:Show": ORGANISATIONS,
        "erasure:List": {"items": [], "next": ""},
        f"scheme:Changes {SCHEME}": {"items": [], "next": ""},
        "scheme:List": {"items": [scheme], "next": ""},
        f"scheme:Show {SCHEME}": {"scheme": scheme, "rules": rules(), "budget": budget, "closed_until": ""},
        f"voucher:List {SCHEME}": {"items": [voucher], "next": ""},
        f"audit:Totals {SCHEME}": {**money, "vouchers": 1, "next": ""},
        "shop:List": {"items": [shop], "next": ""},
        f"payment:List {SCHEME}": {"items": [paid(payment, today, at)], "next": ""},
        f"settlement:List {SCHEME}": {"items": [], "next": ""},
        f"payment:Unsettled {SCHEME} {SHOP}": {"items": items, "next": ""},
    }


def paid(payment: str, today: str, at: int) -> dict[str, Any]:
    return {
        "id": payment,
        "scheme": SCHEME,
        "shop": SHOP,
        "voucher": VOUCHER,
        "lines": [{"category": "books", "cents": 1500}],
        "cents": 1500,
        "refunded": {"books": 500},
        "refunded_cents": 500,
        "state": "partly-refunded",
        "day": today,
        "at": at,
        "proof": {"kind": "key", "version": 1},
    }


class World:
    """A ledger that holds the story, and the auditor's view of it."""

    def __init__(self, memory: MemoryGateway, peer: Peer) -> None:
        self.peer = peer
        self.memory = memory

    def submit(self, operation: str, person: str, request: dict[str, Any]) -> None:
        attributes = {"kindpakket.person": person, "kindpakket.role": PEOPLE[person]}
        if person == "p-shop":
            attributes["kindpakket.shop"] = SHOP
        mspid = "WinkelsMSP" if person == "p-shop" else "GemeenteMSP"
        with self.memory.connect(make_identity(mspid, attributes=attributes)) as gateway:
            gateway.network("zuidhorn").contract("kindpakket").submit(operation, json.dumps(request))


@pytest.fixture
def world() -> Iterator[World]:
    peer = Peer()
    with MemoryGateway({"kindpakket": peer}, channel="zuidhorn") as memory:
        world = World(memory, peer)
        story = Story(HolderKey.generate())
        story.open()
        payment = story.pay(("books", 1500), at=int(time.time()))
        lines = [{"category": "books", "cents": 500}]
        story.add("payment:Refund", "p-shop", payment=payment, lines=lines, reason="returned")
        for request in story.requests:
            world.submit(request.operation, request.person, request.request)
        with memory.connect() as gateway:
            network = gateway.network("zuidhorn")
            last = network.ledger_height() - 1
            (paid, _) = map(Block.decode, network.blocks(last - 1, last))
        taken = paid.transactions[0].timestamp
        assert taken is not None
        peer.records = records(story, int(taken.timestamp()), payment)
        yield world


@pytest.fixture
def auditor(world: World) -> Iterator[Auditor]:
    with world.memory.connect() as gateway:
        network = gateway.network("zuidhorn")
        yield Auditor(network.contract("kindpakket"), network, signatures=False)


def test_an_honest_ledger_passes_to_the_cent(auditor: Auditor) -> None:
    audit = auditor.verify(["999990019", "Fenna van der Veen"])
    assert (audit.findings, audit.differences, audit.flaws, audit.traces) == ((), (), (), ())
    assert audit.passed
    assert audit.requests == 10
    assert audit.values_scanned == 2
    report = audit.as_json()
    assert report["passed"] is True
    assert json.loads(json.dumps(report))["schemes"][SCHEME]["terms"]["spent_cents"] == 1500


def test_one_cent_in_the_state_is_found(world: World, auditor: Auditor) -> None:
    (voucher,) = world.peer.records[f"voucher:List {SCHEME}"]["items"]
    voucher["available_cents"] += 1
    audit = auditor.verify()
    (difference,) = audit.differences
    assert (difference.member, difference.replayed, difference.stored) == ("available_cents", 29000, 29001)
    assert VOUCHER in str(difference)
    assert not audit.passed


def test_a_budget_an_item_and_a_state_that_differ_are_found(world: World, auditor: Auditor) -> None:
    records = world.peer.records
    records[f"scheme:Show {SCHEME}"]["budget"]["unallocated_cents"] = 1
    records[f"payment:Unsettled {SCHEME} {SHOP}"]["items"].pop()
    records["shop:List"]["items"][0]["state"] = "suspended"
    members = {difference.member for difference in auditor.verify().differences}
    assert members == {"unallocated_cents", "open items", "state"}


def test_a_voucher_out_of_nowhere_is_found(world: World, auditor: Auditor) -> None:
    page = world.peer.records[f"voucher:List {SCHEME}"]
    page["items"].append({**page["items"][0], "id": "9" * 32})
    (difference,) = auditor.verify().differences
    assert (difference.thing, difference.replayed) == (f"voucher {'9' * 32}", None)


def test_a_payment_out_of_nowhere_and_one_that_is_gone_are_found(world: World, auditor: Auditor) -> None:
    page = world.peer.records[f"payment:List {SCHEME}"]
    (payment,) = page["items"]
    page["items"] = [{**payment, "id": "9" * 32}]
    differences = [(difference.thing, difference.stored) for difference in auditor.verify().differences]
    assert differences == [(f"payment {payment['id']}", None), (f"payment {'9' * 32}", "9" * 32)]


def test_who_did_what_and_terms_that_were_slipped_in_are_found(world: World, auditor: Auditor) -> None:
    records = world.peer.records
    records[f"voucher:List {SCHEME}"]["items"][0]["grace_cents"] = 5
    records[f"scheme:Show {SCHEME}"]["rules"]["settlement_cents"] = 1
    records["scheme:List"]["items"][0]["approved_by"] = "p-clerk"
    records["shop:List"]["items"][0]["accounts"] = ["9" * 32]
    members = {difference.member for difference in auditor.verify().differences}
    assert members == {"grace_cents", "settlement_cents", "approved_by", "accounts"}


def test_a_change_and_a_void_id_are_compared_too(world: World, auditor: Auditor) -> None:
    change, voided = "5" * 32, "6" * 32
    proposed = {"request_id": change, "scheme": SCHEME, "add_cents": 5, "reason": "council"}
    world.submit("scheme:ProposeBudget", "p-clerk", proposed)
    world.submit("request:Void", "p-shop", {"request_id": "7" * 32, "void": voided})
    record = {"id": change, "scheme": SCHEME, "kind": "budget", "state": "proposed", "reason": "council"}
    stored = {**record, "proposed_by": "p-clerk", "add_cents": 5}
    world.peer.records |= {
        f"scheme:Changes {SCHEME}": {"items": [stored], "next": ""},
        f"request:Show {voided}": {"request": voided, "state": "void", "operation": "request:Void"},
    }
    assert auditor.verify().passed
    stored["add_cents"] = 6
    world.peer.records[f"request:Show {voided}"]["state"] = "unknown"
    differences = [(difference.thing, difference.member) for difference in auditor.verify().differences]
    assert differences == [(f"scheme {SCHEME}, change {change}", "add_cents"), (f"request {voided}", "state")]


def test_a_payment_that_its_holder_did_not_agree_to_is_found(world: World, auditor: Auditor) -> None:
    story = Story()
    order = story.order(("books", 200), at=int(time.time()))
    story.send(order, HolderKey.generate().authorise(order))
    world.submit("payment:Pay", "p-shop", story.requests[-1].request)
    world.peer.records[f"payment:List {SCHEME}"]["items"].append({"id": order.request_id})
    audit = auditor.verify()
    assert any("without a valid proof" in finding.sentence for finding in audit.findings)
    lacking = {
        difference.member
        for difference in audit.differences
        if difference.thing == f"payment {order.request_id}"
    }
    assert {"cents", "shop", "state"} <= lacking


def test_a_request_that_is_no_object_is_found(world: World, auditor: Auditor) -> None:
    with world.memory.connect() as gateway:
        gateway.network("zuidhorn").contract("kindpakket").submit("payment:Pay", "[1]")
    (finding,) = auditor.verify().findings
    assert "its argument is a list, not an object" in finding.sentence


def test_personal_values_are_found(world: World, auditor: Auditor) -> None:
    audit = auditor.verify([ENTITLEMENT])
    assert not audit.passed
    assert {trace.form for trace in audit.traces} == {"text"}
    assert ENTITLEMENT not in json.dumps(audit.as_json()["traces"])


def test_a_ledger_that_does_not_stand_still_is_no_basis(
    auditor: Auditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    heights = count(auditor.network.ledger_height())
    monkeypatch.setattr(auditor.network, "ledger_height", lambda: next(heights))
    monkeypatch.setattr(auditor.network, "blocks", lambda start=0, stop=None: iter(()))
    with pytest.raises(LedgerMoves, match="audit again"):
        auditor.verify()


def test_a_chain_is_broken_by_any_change(auditor: Auditor) -> None:
    blocks = list(auditor.blocks())
    whole = Chain()
    for block in blocks:
        whole.add(block)
    assert whole.flaws == []
    assert whole.head == blocks[-1].header_hash

    def flaws(changed: list[Block]) -> list[str]:
        chain = Chain()
        for block in changed:
            chain.add(block)
        return chain.flaws

    assert "block 3 follows where block 2 is expected" in flaws([*blocks[:2], *blocks[3:]])
    tampered = replace(blocks[2], computed_data_hash=b"other")
    assert flaws([*blocks[:2], tampered, *blocks[3:]]) == [
        "the transactions of block 2 do not match the data hash in its header"
    ]
    forged = replace(blocks[2], header_hash=b"other")
    assert flaws([*blocks[:2], forged, *blocks[3:]]) == [
        "block 3 does not have the header hash of the block before it"
    ]
