"""The day is closed, two people draft and approve the settlements, and one file goes to the bank."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kindpakket.backoffice.payments.days import next_target_day
from kindpakket.backoffice.sepa import CreditTransfer, Debtor, PaymentFile, payment_file
from kindpakket.ledger.records import Settlement
from kindpakket.ledger.refusals import NothingToSettle
from kindpakket_demo.desk import Desk, now
from kindpakket_demo.schemes import OpenScheme
from kindpakket_demo.shops import Street

DEBTOR = Debtor("Gemeente Zuidhorn", "NL91ABNA0417164300", "ABNANL2A")


@dataclass(frozen=True, slots=True)
class Payout:
    """What goes to the bank."""

    settlements: list[Settlement]
    file: PaymentFile
    path: Path


def pay_out(desk: Desk, schemes: list[OpenScheme], street: Street) -> Payout:
    """Close the day, then draft, approve and export the settlements."""
    closing = now()
    drafted: list[Settlement] = []
    for scheme in schemes:
        desk.treasurer.schemes.close_day(scheme.id, closing.date())
        for till in street.open:
            drafted += _draft_all(desk, scheme.id, till.shop.shop_id)
    for settlement in drafted:
        desk.manager.settlements.approve(settlement["scheme"], settlement["id"])
    file = payment_file(
        DEBTOR,
        [_transfer(desk, settlement) for settlement in drafted],
        created_at=datetime.now(UTC),
        execution_date=next_target_day(closing.date()),
    )
    path = desk.results / f"{file.message_id}.xml"
    path.touch(mode=0o600)
    path.write_bytes(file.content)
    for scheme in schemes:
        ids = [settlement["id"] for settlement in drafted if settlement["scheme"] == scheme.id]
        if ids:
            desk.treasurer.settlements.export(scheme.id, ids, file.sha256)
    return Payout(drafted, file, path)


def _draft_all(desk: Desk, scheme: str, shop: str) -> list[Settlement]:
    drafted: list[Settlement] = []
    with suppress(NothingToSettle):
        while not drafted or drafted[-1].get("more"):
            drafted.append(desk.treasurer.settlements.draft(scheme, shop))
    return [settlement for settlement in drafted if settlement["state"] == "drafted"]


def _transfer(desk: Desk, settlement: Settlement) -> CreditTransfer:
    account = desk.treasurer.shops.account(settlement["shop"])
    return CreditTransfer(
        settlement=settlement["id"],
        name=account["holder"],
        iban=account["iban"],
        cents=settlement["cents"],
        text=f"Kindpakket, payments up to {settlement['through']}",
    )
