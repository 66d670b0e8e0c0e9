"""What the auditor reads from its own peer."""

from support import Town

from kindpakket_demo.wallets import Wallet


def test_the_auditor_reads_a_vouchers_history_from_its_own_peer(town: Town, wallet: Wallet) -> None:
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    town.desk.in_step()
    entries = list(town.desk.auditor.audit.history(f"voucher/{town.scheme.id}/{wallet.voucher}"))
    spent = [entry["value"]["spent_cents"] for entry in entries if entry["value"]]
    assert spent == [order.cents, 0, 0]
