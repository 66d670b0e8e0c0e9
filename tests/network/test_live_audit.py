"""What the auditor can do, and what it cannot."""

import json

import pytest
from support import Town

from kindpakket.fabric import EvaluateError, EventsError, SubmitError
from kindpakket_demo.desk import AUDITOR, SHOPS
from kindpakket_demo.wallets import Wallet


def test_the_auditors_client_cannot_submit(town: Town) -> None:
    town.desk.in_step()
    contract = town.desk.contract(AUDITOR, "auditor")
    height = town.desk.ledger(AUDITOR, "auditor").ledger_height()
    with pytest.raises(SubmitError) as caught:
        contract.submit("scheme:Show", json.dumps({"scheme": town.scheme.id}))
    assert caught.value.forbidden
    assert town.desk.ledger(AUDITOR, "auditor").ledger_height() == height


def test_the_auditor_reads_a_vouchers_history_from_its_own_peer(town: Town, wallet: Wallet) -> None:
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    town.desk.in_step()
    entries = list(town.desk.auditor.history(f"voucher/{town.scheme.id}/{wallet.voucher}"))
    spent = [entry["value"]["spent_cents"] for entry in entries if entry["value"]]
    assert spent == [order.cents, 0, 0]


def test_a_till_reads_no_blocks(town: Town) -> None:
    channel = town.desk.ledger(SHOPS, town.till.user)
    with pytest.raises(EvaluateError):
        channel.ledger_height()
    with pytest.raises(EventsError):
        next(iter(channel.blocks(0, 0)))
