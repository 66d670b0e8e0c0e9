"""From chaincodes of earlier layouts to the present one, on a live network and with all their data."""

from __future__ import annotations

import json
import tarfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from first_version import BUYERS, CENTS, FirstTown, changed, found_first_town, read_all
from support import running

from fabric_gateway import FabricError
from kindpakket.ledger.refusals import (
    ChangeExpired,
    IdempotencyConflict,
    Refusal,
    ShopNotApproved,
    VoucherBlocked,
    VoucherNotActive,
)
from kindpakket.ledgerview import LedgerView, Sums, catch_up
from kindpakket_demo.desk import AUDITOR, CHAINCODE, CHANNEL, Desk
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology
from kindpakket_network.programs.wait import until
from patience import PATIENCE
from view_equations import check_books, check_equations

pytestmark = pytest.mark.alone

DATA = Path(__file__).parent / "data"
LONGEST_PAYMENT = 5.0
PAYMENTS = 15
SMALL = 100


@dataclass
class Upgrade:
    """The state before the upgrade, and what happened during it.

    Attributes:
        before: all answers of the first chaincode.
        after: the same queries, answered by the present one.
        paid: how long each payment of a till took during the upgrade, in seconds.
        failed: the errors of payments that failed during the upgrade.
        sequence: the number of the definition afterwards.
        nodes: the nodes afterwards.
    """

    before: dict[str, Any]
    after: dict[str, Any] = field(default_factory=dict)
    paid: list[float] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)
    sequence: int = 0
    nodes: tuple[str, ...] = ()


@pytest.fixture(scope="module", params=[1, 2], ids=["layout 1", "layout 2"])
def layout(request: pytest.FixtureRequest) -> int:
    """The layout that the ledger has before the upgrade."""
    return int(request.param)


@pytest.fixture(scope="module")
def first(layout: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The packaged network, with the last chaincode of an earlier layout."""
    folder = tmp_path_factory.mktemp("first")
    with tarfile.open(DATA / f"chaincode-{layout}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    # This makes the package differ from the present one, even if the source is the same.
    (folder / "chaincode" / "unpacked.go").write_text("package main\n")
    document = json.loads(json.dumps(Topology.packaged("kindpakket").document))
    # A different version, too: gossip has to spread it before peers take part in endorsement plans again.
    document["channels"][0]["chaincodes"][0] |= {"source": "chaincode", "version": "0.1"}
    with running(Topology.read(document, folder), folder) as made:
        yield made


@pytest.fixture(scope="module")
def town(first: Network, layout: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstTown]:
    """The town that was created under it."""
    with Desk(first, tmp_path_factory.mktemp("results"), Random(1)) as desk:
        yield found_first_town(desk, layout)


@pytest.fixture(scope="module")
def upgrade(first: Network, town: FirstTown) -> Iterator[Upgrade]:
    """Deploy the present chaincode while tills go on taking payments."""
    made = Upgrade(read_all(town))
    present = Network(Topology.packaged("kindpakket").with_base(first.topology.base), first.home)
    over = threading.Event()
    try:
        with ThreadPoolExecutor(BUYERS) as pool:
            tills = [pool.submit(sell, town, buyer, made, over) for buyer in town.buyers]
            try:
                await_payments(made, PAYMENTS)
                made.sequence = present.deploy(progress=print)[0].sequence
                await_payments(made, len(made.paid) + PAYMENTS)
            finally:
                over.set()
            for till in tills:
                till.result()
        made.nodes = present.nodes()
        town.desk.in_step()
        find_anew(town)
        made.after = read_all(town)
        yield made
    finally:
        present.down()


def find_anew(town: FirstTown) -> None:
    """Bring what was written before under the keys of today, as `kindpakket settlement index` and
    `kindpakket decision index` do."""
    clerk = town.desk.clerk
    assert list(clerk.payments.list(town.scheme)) != []  # open payments had their keys before
    for settlement in list(clerk.settlements.list(town.scheme)):
        assert "first" not in settlement
        clerk.settlements.index(town.scheme, settlement["id"])
    if unindexed := list(clerk.payments.unindexed()):
        clerk.payments.index(unindexed)
    if waiting := list(clerk.decisions.unindexed()):
        clerk.decisions.index(waiting)
    town.desk.in_step()
    assert list(clerk.payments.unindexed()) == list(clerk.decisions.unindexed()) == []


def sell(town: FirstTown, buyer: Wallet, made: Upgrade, over: threading.Event) -> None:
    """Take payments one after another."""
    till = town.tills[0]
    while not over.is_set():
        order = town.order(till, buyer, SMALL)
        began = time.monotonic()
        try:
            till.shop.pay(order, buyer.authorise(order))
        except (FabricError, Refusal) as error:
            made.failed.append(error)
        else:
            made.paid.append(time.monotonic() - began)


def await_payments(made: Upgrade, count: int) -> None:
    """Wait until `count` payments were taken."""
    assert until(lambda: len(made.paid) >= count or None, PATIENCE), made.failed


def test_payments_go_on_while_the_chaincode_is_upgraded(upgrade: Upgrade, town: FirstTown) -> None:
    assert upgrade.failed == []
    assert max(upgrade.paid) < LONGEST_PAYMENT
    spent = sum(CENTS - town.available(buyer) for buyer in town.buyers)
    assert spent == SMALL * len(upgrade.paid)


def test_one_process_beside_each_peer_serves_the_new_package(upgrade: Upgrade, first: Network) -> None:
    assert upgrade.sequence == 2
    serving = [node for node in upgrade.nodes if node.startswith("chaincode.")]
    assert len(serving) == len({node.split(".")[2] for node in serving}) == 3
    running = {node.node for node in first.status().nodes if node.running}
    assert {node for node in running if node.startswith("chaincode.")} == set(serving)


def test_all_that_was_there_reads_back_the_same(upgrade: Upgrade) -> None:
    assert list(changed(upgrade.before, upgrade.after)) == []


@pytest.mark.usefixtures("upgrade")
def test_a_request_of_before_answers_the_same_and_has_no_effect(town: FirstTown) -> None:
    town.desk.in_step()
    before = read_all(town)
    for operation, sender, argument, answer in town.sent:
        if operation == "scheme:Draft":
            continue  # by now, more may be required of the rules that it carries
        assert sender.invoke(operation, argument) == answer, operation
    town.desk.in_step()
    assert list(changed(before, read_all(town))) == []


@pytest.mark.usefixtures("upgrade")
def test_a_request_id_of_before_is_not_free_for_another_request(town: FirstTown) -> None:
    till, wallet = town.tills[2], town.wallets[0]
    order = replace(town.order(till, wallet), request_id=town.payments[0])
    with pytest.raises(IdempotencyConflict):
        till.shop.pay(order, wallet.authorise(order))


@pytest.mark.usefixtures("upgrade")
def test_vouchers_of_before_pay_with_key_and_booklet(town: FirstTown) -> None:
    till = town.tills[2]
    for wallet in town.wallets:
        held = town.available(wallet)
        order = town.order(till, wallet)
        proof = wallet.authorise(order)
        paid = till.shop.pay(order, proof)
        assert till.shop.pay(order, proof) == paid
        assert town.available(wallet) == held - order.cents


@pytest.mark.usefixtures("upgrade")
def test_vouchers_of_before_pay_in_a_batch_and_payments_of_before_exist(town: FirstTown) -> None:
    till = town.tills[2]
    held = [town.available(wallet) for wallet in town.wallets]
    orders = [town.order(till, wallet) for wallet in town.wallets]
    requests = [
        order.request(wallet.authorise(order)) for order, wallet in zip(orders, town.wallets, strict=True)
    ]
    contract = till.shop.caller.contract
    earlier = [
        argument
        for operation, sender, argument, _ in town.sent
        if operation == "payment:Pay" and sender.contract is contract
    ]
    items = [{"operation": "payment:Pay", "request": dict(request)} for request in (*requests, *earlier)]
    answers = json.loads(contract.submit("payment:Batch", json.dumps({"items": items})))["items"]
    assert [one["outcome"] for one in answers] == ["done"] * len(requests) + ["exists"] * len(earlier)
    spent = [order.cents for order in orders]
    assert [town.available(wallet) for wallet in town.wallets] == [
        before - cents for before, cents in zip(held, spent, strict=True)
    ]


@pytest.mark.usefixtures("upgrade")
def test_what_was_stopped_before_is_stopped_still(town: FirstTown) -> None:
    working, suspended, waiting = town.tills[2:]
    for till, wallet, refusal in (
        (suspended, town.wallets[0], ShopNotApproved),
        (waiting, town.wallets[0], ShopNotApproved),
        (working, town.blocked, VoucherBlocked),
        (working, town.issued, VoucherNotActive),
    ):
        order = town.order(till, wallet)
        with pytest.raises(refusal):
            till.shop.pay(order, wallet.authorise(order))


@pytest.mark.usefixtures("upgrade")
def test_settlements_of_before_go_on_to_paid_and_open_items_settle(town: FirstTown) -> None:
    third = town.tills[2].shop.shop_id
    town.settle(town.exported, "paid")
    town.settle(town.drafted, "approve", "export", "paid")
    due = [item["cents"] for item in town.unsettled(third) if item["day"] <= town.closed_until]
    members = {"scheme": town.scheme, "shop": third}
    latest = town.send("settlement:Draft", town.treasurer, **members)
    assert latest["cents"] == sum(due) > 0
    town.settle(latest["id"], "approve", "export", "paid")
    settlements = town.clerk.items("settlement:List", {"scheme": town.scheme})
    states = {settlement["id"]: settlement["state"] for settlement in settlements}
    assert states == dict.fromkeys((town.exported, town.drafted, latest["id"]), "paid")


@pytest.mark.usefixtures("upgrade")
def test_a_hold_of_before_is_captured_and_a_change_of_before_is_proposed_again(town: FirstTown) -> None:
    if not town.held:
        pytest.skip("layout 1 had neither")
    captured = town.tills[0].shop.capture(town.held, [{"category": "books", "cents": 1_000}])
    assert (captured["state"], captured["cents"]) == ("paid", 1_000)
    with pytest.raises(ChangeExpired):
        town.desk.manager.schemes.approve_change(town.scheme, town.proposed)
    town.desk.in_step()
    again = town.desk.clerk.schemes.propose_budget(town.scheme, 100, "council")
    town.desk.in_step()
    assert town.desk.manager.schemes.approve_change(town.scheme, again["id"])["state"] == "approved"
    town.desk.in_step()


@pytest.mark.usefixtures("upgrade")
def test_a_further_organisation_joins_those_that_were_named_before(town: FirstTown) -> None:
    desk = town.desk
    named = desk.clerk.organisations.show()
    proposed = desk.clerk.organisations.propose("KetenMSP", "shops", "new-chain")
    desk.in_step()
    desk.manager.organisations.approve("KetenMSP", proposed["change"])
    desk.in_step()
    assert desk.auditor.organisations.show() == {**named, "shops": [*named["shops"], "KetenMSP"]}


@pytest.mark.usefixtures("upgrade")
def test_the_audit_agrees_with_the_whole_ledger(town: FirstTown) -> None:
    town.desk.in_step()
    audit = town.desk.auditor.verify()
    assert audit.passed, (audit.findings, audit.differences)
    assert audit.requests > len(town.sent)


@pytest.mark.usefixtures("upgrade")
def test_a_ledger_view_reads_records_of_all_layouts(town: FirstTown, tmp_path: Path) -> None:
    town.desk.in_step()
    with LedgerView(tmp_path / "view.db", channel=CHANNEL, chaincode=CHAINCODE) as view:
        catch_up(view, town.desk.ledger(AUDITOR, "auditor"))
        assert view.status().flaws == 0
        sums = Sums.of(view.movements())
    check_equations(sums)
    check_books(sums, town.desk.auditor.verify().books)
