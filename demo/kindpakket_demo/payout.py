"""The day is closed, two people draft and approve settlements, one file goes to the bank, and it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kindpakket.backoffice.bank.files import read_bytes
from kindpakket.backoffice.booking.booking import all_settlements, book, breaks
from kindpakket.backoffice.booking.taking import GivenFile, take
from kindpakket.backoffice.payments.days import next_target_day
from kindpakket.backoffice.payout.candidates import waiting
from kindpakket.backoffice.payout.composing import Form, compose
from kindpakket.backoffice.payout.drafting import draft, due
from kindpakket.backoffice.payout.exporting import carry_on, keep
from kindpakket.backoffice.payout.settings import PayoutSettings
from kindpakket.backoffice.register import Purpose, Register
from kindpakket.backoffice.sepa import Debtor, PaymentFile
from kindpakket.ledger.records import Settlement
from kindpakket_demo.bank import opened
from kindpakket_demo.desk import DemoFailed, Desk, now
from kindpakket_demo.schemes import OpenScheme
from kindpakket_demo.shops import Street

DEBTOR = Debtor("Gemeente Zuidhorn", "NL91ABNA0417164300", "ABNANL2A")
# Longer than a weekend with holidays: the bank pays on the next day on which TARGET is open.
_DAYS_OF_THE_BANK = 10


@dataclass(frozen=True, slots=True)
class Payout:
    """What goes to the bank."""

    settlements: list[Settlement]
    file: PaymentFile
    path: Path


@dataclass(frozen=True, slots=True)
class Booked:
    """What the bank did, as the ledger has it now.

    Attributes:
        paid: number of settlements that were paid.
        rejected: number of settlements that were rejected, whose items are open again.
    """

    paid: int
    rejected: int


def pay_out(desk: Desk, schemes: Sequence[OpenScheme]) -> Payout:
    """Close the day, then draft, approve and export the settlements of all schemes."""
    closing = now().date()
    ids = [scheme.id for scheme in schemes]
    for scheme in ids:
        desk.treasurer.schemes.close_day(scheme, closing)
    drafted = draft(desk.treasurer, due(desk.treasurer, ids))
    if drafted.left_out:
        raise DemoFailed(f"not all shops could be paid: {drafted.left_out[0].reason}")
    for settlement in drafted.settlements:
        desk.manager.settlements.approve(settlement["scheme"], settlement["id"])
    desk.in_step()
    approved = waiting(desk.treasurer, "approved", "", ids).ready
    form = Form(
        PayoutSettings(debtor=DEBTOR), datetime.now(UTC).replace(microsecond=0), next_target_day(closing)
    )
    composed = compose(desk.treasurer, approved, form)
    path = desk.results / f"{composed.file.message_id}.xml"
    with _register(desk) as register:
        carry_on(desk.treasurer, register.bank, keep(register.bank, composed, form, path.name), path)
    return Payout(list(approved), composed.file, path)


def book_answers(desk: Desk, payout: Payout, street: Street) -> Booked:
    """Give the file to a bank at which one shop's account is closed, and book what it sends.

    Raises:
        DemoFailed: the bank did something else, or ledger, file and bank do not agree.
    """
    of_shop = Counter(settlement["shop"] for settlement in payout.settlements)
    closed = next(till for till in reversed(street.open) if of_shop[till.shop.shop_id])
    rejected = of_shop[closed.shop.shop_id]
    with opened(f"{now():%Y-%m-%d}T09:00") as bank:
        bank.hold("GEMEENTE", DEBTOR.iban)
        bank.hold("CLOSED", closed.store.iban, behaviour="closed-account")
        bank.ask("POST", "/payments", payout.path.read_bytes())
        bank.pass_days(_DAYS_OF_THE_BANK)
        sent = [*bank.files("pain.002"), *bank.files("camt.053")]
    given = [GivenFile(read_bytes(content, f"{number}.xml"), content) for number, content in enumerate(sent)]
    with _register(desk) as register:
        ledger = all_settlements(desk.treasurer)
        _, kept = take(register.bank, given, ledger.values())
        made = book(desk.treasurer, kept, ledger, now().date()).made
        desk.in_step()
        left = breaks(kept, all_settlements(desk.treasurer).values(), now().date())
    outcomes = Counter(booking.booking.outcome for booking in made)
    wanted = {"paid": len(payout.settlements) - rejected, "rejected": rejected}
    # Another day's payments on this network were kept in that day's register.
    mine = [each for each in left if each.what in {one["id"] for one in payout.settlements}]
    if outcomes != wanted or mine:
        raise DemoFailed(f"the bank's answers were booked as {dict(outcomes)}, not {wanted}; left: {mine}")
    return Booked(outcomes["paid"], outcomes["rejected"])


def _register(desk: Desk) -> Register:
    """The treasurer's register of payment files and of what the bank sent."""
    purpose = Purpose("demo", "payment")
    return Register(desk.results / "treasury.sqlite", keys=desk.results / "keys", purpose=purpose)
