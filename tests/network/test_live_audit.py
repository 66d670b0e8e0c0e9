"""What the auditor reads from its own peer."""

from support import Town
from verified import findings

from fabric_gateway.verification import ChainVerifier, verify_chain
from kindpakket_demo.desk import AUDITOR, CHANNEL
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network


def test_the_auditor_reads_a_vouchers_history_from_its_own_peer(town: Town, wallet: Wallet) -> None:
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    town.desk.in_step()
    entries = list(town.desk.auditor.audit.history(f"voucher/{town.scheme.id}/{wallet.voucher}"))
    spent = [entry["value"]["spent_cents"] for entry in entries if entry["value"]]
    assert spent == [order.cents, 0, 0]


def test_the_blocks_of_every_node_are_verified_from_its_files(network: Network, town: Town) -> None:
    found = findings(network, CHANNEL)
    assert {name: list(map(str, items)) for name, items in found.items() if items} == {}
    assert {"peer0.auditor", "orderer.regie"} <= set(found)


def test_the_blocks_that_the_auditors_own_peer_delivers_are_verified(town: Town) -> None:
    ledger = town.desk.ledger(AUDITOR, "auditor")
    height = ledger.ledger_height()
    verifier = ChainVerifier()
    with ledger.blocks(0, height - 1) as blocks:
        found = list(verify_chain(blocks, verifier))
    assert [item.rule for item in found] == ["anchor.missing"]
    assert verifier.position.height == height
