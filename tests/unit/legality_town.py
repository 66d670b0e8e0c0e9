"""A story as blocks: each request in a block of its own, with the private records that go before it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import story as told
from ledger_blocks import Asked, Peer
from story import DAY, DOMAIN, NOON, SCHEME, SECONDS_OF_A_DAY, SHOP, Story

from kindpakket.auditor.legality import Facts, Observer
from kindpakket.ledger.records import CaseRecord

ACCOUNT = {
    "iban": "NL91ABNA0417164300",
    "holder": "Boekhandel De Leeslamp",
    "kvk": "12345678",
    "contact": "post@leeslamp.example",
    "salt": "f" * 64,
}
SALT = "9" * 32
LATER = NOON + SECONDS_OF_A_DAY


def case_of(voucher: str) -> CaseRecord:
    return {"voucher": voucher, "case": "Z-2026-0001", "salt": SALT}


def stored(record: Mapping[str, Any]) -> str:
    """A private record as the chaincode stores it."""
    return json.dumps({"v": 1, **record}, ensure_ascii=False, separators=(",", ":"))


def opened(holder: Any = None, **rules: Any) -> Story:
    """A story on a ledger of the newest layout, whose scheme is open and whose voucher is active."""
    story = Story(holder)
    story.layout = 3
    story.open(**rules)
    return story


def settled(story: Story, outcome: str = "paid", **steps: str) -> str:
    """A settlement of everything, each step by its person unless another one is named."""
    by = {"draft": "p-treasurer", "approve": "p-manager", "export": "p-treasurer", **steps}
    settlement = story.add("settlement:Draft", by["draft"], LATER, scheme=SCHEME, shop=SHOP)
    story.add("settlement:Approve", by["approve"], LATER, scheme=SCHEME, settlement=settlement)
    story.add(
        "settlement:Export",
        by["export"],
        LATER,
        scheme=SCHEME,
        settlements=[settlement],
        file_sha256="f" * 64,
    )
    story.add(
        "settlement:Book",
        "p-treasurer",
        LATER,
        scheme=SCHEME,
        settlement=settlement,
        outcome=outcome,
        reason="bank",
        value_date="2026-03-12",
        bank_reference="b-1",
    )
    return settlement


def closed(story: Story, day: str = DAY, at: int = LATER) -> None:
    """The day is closed, and a block follows."""
    story.add("scheme:CloseDay", "p-treasurer", at, scheme=SCHEME, day=day)
    story.add("shop:LimitRefunds", "p-shop", at, shop=SHOP, refund_alone_cents=1000)


def peer_of(story: Story, *, cases: bool = True) -> Peer:
    """A peer with the blocks of a story."""
    peer = Peer()
    for number, request in enumerate(story.requests):
        if request.operation == "voucher:Issue" and cases:
            vouchers = [line["id"] for line in request.request["vouchers"]]
            peer.append(
                Asked(
                    "voucher:RecordCases",
                    {"request_id": f"{number:032x}"[::-1], "scheme": SCHEME},
                    {},
                    at=request.at,
                    private={
                        ("citizens", f"case/{SCHEME}/{voucher}"): stored(case_of(voucher))
                        for voucher in vouchers
                    },
                )
            )
        private = (
            {("shopAccounts", f"account/{SHOP}"): stored(ACCOUNT)}
            if request.operation == "shop:Apply"
            else {}
        )
        key = f"request/{request.request['request_id']}"
        peer.append(
            Asked(
                request.operation,
                request.request,
                {key: {"v": request.layout}} if request.layout else {},
                at=request.at,
                mspid=request.mspid,
                person=request.person,
                role=request.role,
                shop=request.shop,
                till=request.till,
                private=private,
            )
        )
    return peer


def observed(peer: Peer) -> Facts:
    """What an auditor notes of a peer's blocks."""
    observer = Observer(DOMAIN)
    for block in peer.decoded():
        observer.add(block)
    return observer.facts()


def facts_of(story: Story, *, cases: bool = True) -> Facts:
    """What an auditor notes of a story."""
    return observed(peer_of(story, cases=cases))


def voucher() -> str:
    """The story's voucher, which a test may have changed."""
    return told.VOUCHER
