"""Concurrent attempts on different peers: one wins, nothing is spent or issued twice, and all peers agree."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ground import Ground
from support import through
from verdict import Place, verdict_of

from kindpakket.ledger.ids import new_id, new_salt
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import CaseRecord, Issuance, Line
from kindpakket.municipality import Municipality
from kindpakket.shop import Shop
from kindpakket_demo.desk import AUDITOR, CHAINCODE, MUNICIPALITY, SHOPS
from kindpakket_demo.schemes import CENTS_PER_CHILD, PRESET

ROUNDS = 5
OFFICES_AT_ONCE = 8
ALL_OF_IT: list[Line] = [{"category": "books", "cents": CENTS_PER_CHILD}]


def race(*attempts: Callable[[], object]) -> Counter[str]:
    """Make all attempts at the same moment, and count how they ended: `done` is a success."""
    start = threading.Barrier(len(attempts))

    def run(attempt: Callable[[], object]) -> str:
        start.wait()
        try:
            attempt()
        except Exception as error:
            verdict = verdict_of(error)
            assert verdict.place in (Place.CHAINCODE, Place.VALIDATION), verdict
            return verdict.message
        return "done"

    with ThreadPoolExecutor(len(attempts)) as pool:
        return Counter(pool.map(run, attempts))


def conflicts(ground: Ground, height: int) -> int:
    """How many transactions lost a conflict in the blocks from a number on."""
    blocks = ground.desk.auditor.blocks(height)
    return sum(
        transaction.code == "MVCC_READ_CONFLICT" for block in blocks for transaction in block.transactions
    )


def issuance(voucher: str, entitlement: str) -> Issuance:
    """One voucher to be issued."""
    return {"id": voucher, "entitlement": entitlement, "preset": PRESET, "units": 1}


def recorded(ground: Ground, scheme: str, count: int) -> list[str]:
    """Record cases for vouchers that are yet to be issued, and return the vouchers' ids."""
    ids = [new_id() for _ in range(count)]
    cases: list[CaseRecord] = [{"voucher": voucher, "case": "Z-1", "salt": new_salt()} for voucher in ids]
    ground.desk.clerk.vouchers.record_cases(scheme, cases)
    ground.desk.in_step()
    return ids


def test_two_shops_on_two_peers_spend_the_whole_of_a_voucher_once(ground: Ground) -> None:
    network = ground.desk.network
    began = ground.height()
    with (
        through(network, SHOPS, SHOPS, ground.till.user) as first,
        through(network, AUDITOR, SHOPS, ground.other.user) as second,
    ):
        here = Shop(first.contract(CHAINCODE), ground.till.shop.shop_id)
        there = Shop(second.contract(CHAINCODE), ground.other.shop.shop_id)
        for _ in range(ROUNDS):
            wallet = ground.wallet()
            order, rival = (shop.order(ground.scheme, wallet.voucher, ALL_OF_IT) for shop in (here, there))
            ends = race(
                partial(here.pay, order, wallet.authorise(order)),
                partial(there.pay, rival, wallet.authorise(rival)),
            )
            assert ends == {"done": 1, "INSUFFICIENT_BALANCE": 1}
            voucher = ground.values()[f"voucher {wallet.voucher}"]
            assert (voucher["spent_cents"], voucher["available_cents"]) == (CENTS_PER_CHILD, 0)
    assert conflicts(ground, began) > 0, "no conflict: the attempts never raced"


def test_one_page_pays_once_though_two_tills_use_it_at_once(ground: Ground) -> None:
    for _ in range(ROUNDS):
        wallet = ground.booklet()
        order, rival = ground.order(wallet), ground.order(wallet, till=ground.other)
        ends = race(
            partial(ground.till.shop.pay, order, wallet.authorise(order)),
            partial(ground.other.shop.pay, rival, wallet.authorise_again(rival)),
        )
        assert ends == {"done": 1, "HOLDER_PROOF_INVALID": 1}
        assert ground.values()[f"voucher {wallet.voucher}"]["spent_cents"] == order.cents


def test_a_payment_is_refunded_once_though_sent_under_many_ids_at_once(ground: Ground) -> None:
    wallet = ground.wallet()
    payment = ground.paid(wallet)
    lines: list[Line] = [{"category": "books", "cents": 600}]
    ends = race(*[partial(ground.till.shop.refund, payment, lines, "returned-goods")] * 3)
    assert ends == {"done": 1, "REFUND_EXCEEDS_PAYMENT": 2}
    assert ground.values()[f"voucher {wallet.voucher}"]["available_cents"] == CENTS_PER_CHILD - 400


def test_a_voucher_is_blocked_or_pays_first_though_both_are_sent_at_once(ground: Ground) -> None:
    for _ in range(ROUNDS):
        wallet = ground.wallet()
        order = ground.order(wallet)
        ends = race(
            partial(ground.till.shop.pay, order, wallet.authorise(order)),
            partial(ground.desk.clerk.vouchers.block, ground.scheme, wallet.voucher, "device-lost"),
        )
        assert ends["done"] == 2 or ends == {"done": 1, "VOUCHER_BLOCKED": 1}
        voucher = ground.values()[f"voucher {wallet.voucher}"]
        assert voucher["state"] == "blocked"
        assert voucher["spent_cents"] == (order.cents if ends["done"] == 2 else 0)


def test_approving_on_two_peers_at_once_never_passes_the_budget(ground: Ground) -> None:
    """The budget covers three and a half vouchers; two offices approve eight at once, on different peers."""
    desk, network = ground.desk, ground.desk.network
    scheme = ground.props.opened_scheme(3 * CENTS_PER_CHILD + CENTS_PER_CHILD // 2)
    ids = recorded(ground, scheme, OFFICES_AT_ONCE)
    lists = [ApprovableList.cut([issuance(voucher, new_id())]) for voucher in ids]
    expires_at = int(time.time()) + 3_600
    proposed = [
        desk.clerk.allocations.propose(scheme, "issue", lines, CENTS_PER_CHILD, expires_at, "intake")["id"]
        for lines in lists
    ]
    desk.in_step()
    began = ground.height()
    with (
        through(network, MUNICIPALITY, MUNICIPALITY, "manager") as first,
        through(network, AUDITOR, MUNICIPALITY, "manager") as second,
    ):
        offices = [Municipality(ledger.contract(CHAINCODE)) for ledger in (first, second)]
        ends = race(
            *(
                partial(offices[number % 2].allocations.approve, scheme, allocation)
                for number, allocation in enumerate(proposed)
            )
        )
    assert ends["done"] == 3, ends
    assert set(ends) <= {"done", "BUDGET_EXCEEDED", "MVCC_READ_CONFLICT"}
    assert conflicts(ground, began) > 0, "no conflict: the attempts never raced"
    desk.in_step()
    assert desk.clerk.schemes.show(scheme)["budget"]["allocated_cents"] == 3 * CENTS_PER_CHILD
    issued = race(
        *(
            partial(desk.clerk.vouchers.issue, scheme, allocation, lines.parts[0])
            for allocation, lines in zip(proposed, lists, strict=True)
        )
    )
    assert issued == {"done": 3, "ALLOCATION_STATE": OFFICES_AT_ONCE - 3}
    desk.in_step()
    for peer in (desk.clerk, desk.auditor):
        budget = peer.schemes.show(scheme)["budget"]
        assert budget["issued_cents"] == 3 * CENTS_PER_CHILD
        assert budget["allocated_cents"] == 0
        assert budget["unallocated_cents"] == CENTS_PER_CHILD // 2
        assert peer.audit.totals(scheme)["vouchers"] == 3


def test_one_entitlement_is_issued_once_though_two_offices_issue_it_at_once(ground: Ground) -> None:
    desk, entitlement = ground.desk, new_id()
    ids = recorded(ground, ground.scheme, 2)
    before = desk.clerk.schemes.show(ground.scheme)["budget"]["issued_cents"]
    ends = race(*[ground.issuing(issuance(voucher, entitlement)) for voucher in ids])
    assert ends == {"done": 1, "ALREADY_ISSUED": 1}
    desk.in_step()
    assert desk.clerk.schemes.show(ground.scheme)["budget"]["issued_cents"] == before + CENTS_PER_CHILD
