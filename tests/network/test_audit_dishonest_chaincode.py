"""All peers run a chaincode that breaks rules: the audit names block, transaction and rule of each breach."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from dishonest import CHANGES, VERSION, with_dishonest_chaincode
from support import Town, found_town, open_shop, running

from kindpakket.auditor.committed_requests import requests_in
from kindpakket.holder.key import HolderKey
from kindpakket.ledger.records import Line
from kindpakket.ledger.refusals import CategoryCapExceeded, HolderProofInvalid
from kindpakket.municipality import Municipality
from kindpakket_cli.main import main
from kindpakket_demo.desk import CHAINCODE, CHANNEL, MUNICIPALITY, Desk, Till, now
from kindpakket_demo.schemes import CATEGORY_CAPS
from kindpakket_network import Network, Topology

TOYS = CATEGORY_CAPS["toys"]


@dataclass
class Breaches:
    """What happened on the network.

    Attributes:
        network: the network.
        desk: its users' connections.
        clean: what the audit answered as long as the chaincode was honest.
        broken: the rules that each request broke, by its id.
        settlement: the settlement of one cent too much.
    """

    network: Network
    desk: Desk
    clean: Any
    broken: dict[str, set[str]]
    settlement: str

    def transactions(self) -> dict[str, tuple[int, str]]:
        """Block and transaction of each request."""
        return {
            request.request["request_id"]: (block.number, request.transaction_id)
            for block in self.desk.auditor.blocks()
            for request in requests_in(block, CHAINCODE)[0]
        }


def audit(network: Network, *arguments: str, code: int) -> Any:
    """What `kindpakket audit verify` answers."""
    anchor = str(network.home / "channels" / CHANNEL / "genesis.block")
    command = ["audit", "verify", "--json", "--anchor", anchor, *arguments]
    home = ["--home", str(network.home), "--chaincode", CHAINCODE]
    result = CliRunner().invoke(main, [*command, *home])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def toys(cents: int) -> list[Line]:
    """A line of toys."""
    return [{"category": "toys", "cents": cents}]


def drafter(desk: Desk) -> Municipality:
    """The manager, with a second certificate of the same person as treasurer."""
    attributes = {"kindpakket.role": "treasurer", "kindpakket.person": "p-manager"}
    desk.network.enrol(MUNICIPALITY, "manager-as-treasurer", attributes)
    return Municipality(desk.contract(MUNICIPALITY, "manager-as-treasurer"))


def break_rules(desk: Desk, town: Town, till: Till) -> tuple[dict[str, set[str]], str]:
    """One request for each rule that the dishonest chaincode no longer keeps; the rules, and a settlement."""
    broken: dict[str, set[str]] = {}

    def pay(cents: int, *rules: str, key: HolderKey | None = None) -> None:
        wallet = next(town.keys)
        order = till.shop.order(town.scheme.id, wallet.voucher, toys(cents))
        proof = key.authorise(order) if key else wallet.authorise(order)
        broken[till.shop.pay(order, proof)["id"]] = set(rules)

    pay(1_000)
    pay(1_000, "payment:Pay/proof", key=HolderKey.generate())
    pay(TOYS + 1, "payment:Pay/category")
    desk.treasurer.schemes.close_day(town.scheme.id, now().date())
    desk.in_step()
    settlement = drafter(desk).settlements.draft(town.scheme.id, till.shop.shop_id)["id"]
    broken[settlement] = {"writes/settlement"}
    desk.in_step()
    approval = "ab" * 16
    desk.manager.settlements.approve(town.scheme.id, settlement, request_id=approval)
    # Each record of the settlement that is written has the cent too much.
    broken[approval] = {"writes/settlement", "settlement:Approve/second-person"}
    desk.in_step()
    return broken, settlement


def honest_refusals(town: Town, till: Till) -> list[Callable[[], object]]:
    """Payments that the real chaincode refuses."""
    shop = till.shop
    wallet = next(town.keys)
    large, stolen = (shop.order(town.scheme.id, wallet.voucher, toys(cents)) for cents in (TOYS + 1, 1_000))
    return [
        lambda: shop.pay(large, wallet.authorise(large)),
        lambda: shop.pay(stolen, HolderKey.generate().authorise(stolen)),
    ]


@pytest.fixture(scope="module")
def breaches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Breaches]:
    """A town whose chaincode is replaced, at all peers, by one that breaks rules."""
    folder = tmp_path_factory.mktemp("dishonest")
    with (
        running(Topology.packaged("kindpakket"), folder) as network,
        Desk(network, folder / "results", Random(1)) as desk,
    ):
        town, till = found_town(desk, 6), open_shop(desk, "toys", "toys")
        for attempt, refusal in zip(
            honest_refusals(town, till), (CategoryCapExceeded, HolderProofInvalid), strict=True
        ):
            with pytest.raises(refusal):
                attempt()
        clean = audit(network, code=0)
        (deployed,) = with_dishonest_chaincode(network, folder / "chaincode").deploy(progress=print)
        assert deployed.sequence == 2
        broken, settlement = break_rules(desk, town, till)
        yield Breaches(network, desk, clean, broken, settlement)


def test_an_honest_chaincode_leaves_nothing_to_find(breaches: Breaches) -> None:
    assert breaches.clean["found"] == []
    assert breaches.clean["passed"]


def test_block_transaction_and_rule_of_each_breach_are_named(breaches: Breaches) -> None:
    found = [one for one in audit(breaches.network, code=1)["found"] if one["part"] != "state"]
    places = breaches.transactions()
    named: dict[tuple[int, str], set[str]] = {}
    for one in found:
        assert one["kind"] == "error", one
        named.setdefault((one["block"], one["transaction"]), set()).add(one["rule"])
    expected = {places[request]: rules for request, rules in breaches.broken.items() if rules}
    assert named == expected
    assert {one["cents"] for one in found if one["rule"] == "writes/settlement"} == {1}


def test_the_cent_is_in_the_state_of_the_peer_too(breaches: Breaches) -> None:
    state = [one for one in audit(breaches.network, code=1)["found"] if one["part"] == "state"]
    assert [(one["rule"], one["cents"]) for one in state] == [("state/settlement", 1)]
    assert breaches.settlement in state[0]["sentence"]


def test_the_blocks_alone_tell_it(breaches: Breaches, tmp_path: Path) -> None:
    """Who signed is in order, every peer agrees, and no peer is asked."""
    blocks = breaches.network.home / "nodes" / "peer0.auditor" / "data" / "ledgersData" / "chains" / "chains"
    found = audit(breaches.network, "--blocks", str(blocks / CHANNEL), code=1)["found"]
    assert {one["rule"] for one in found} == set().union(*breaches.broken.values())
    assert {one["part"] for one in found} == {"rules", "writes"}


def test_the_ledger_says_which_definition_it_was(breaches: Breaches) -> None:
    """And no other network deploys it: the sources are the test's own."""
    status = Network.open(breaches.network.home).status()
    assert [chaincode.version for chaincode in status.channels[0].chaincodes] == [VERSION]
    packaged = Topology.packaged("kindpakket").channel(CHANNEL).chaincodes[0].source
    for change in CHANGES.values():
        text = (packaged / change.file).read_text("utf-8")
        assert change.honest in text
        assert change.dishonest not in text
