"""Once a month the shops are paid: drafted, approved, exported, and the bank's answers booked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from random import Random

from kindpakket.backoffice.bank.files import read_bytes
from kindpakket.backoffice.booking.booking import all_settlements, book
from kindpakket.backoffice.booking.taking import GivenFile, take
from kindpakket.backoffice.payments.days import next_target_day
from kindpakket.backoffice.payout.candidates import waiting
from kindpakket.backoffice.payout.composing import Form, compose
from kindpakket.backoffice.payout.drafting import draft, due
from kindpakket.backoffice.payout.exporting import carry_on, keep
from kindpakket.backoffice.payout.settings import PayoutSettings
from kindpakket.backoffice.register import Purpose, Register
from kindpakket.backoffice.sepa import Debtor
from kindpakket.ledger.days import today
from kindpakket_demo.bank import Bank
from kindpakket_demo.desk import Desk

DEBTOR = Debtor("Gemeente Zuidhorn", "NL91ABNA0417164300", "ABNANL2A")
_NAME = "GEMEENTE"
_AT_ONCE = 8
_CLOSED = 0.02


class Treasury:
    """The treasurer, the one who approves, and the bank.

    Attributes:
        booked: how many settlements were booked, by outcome.
        files: how many payment files went to the bank.
        open_breaks: how many breaks the last comparison of ledger, files and bank had.
    """

    def __init__(self, desk: Desk, bank: Bank, accounts: Sequence[str], seed: int) -> None:
        """Work at a desk, with a bank at which one shop in fifty has closed its account."""
        self.booked: Counter[str] = Counter()
        self.files = 0
        self.open_breaks = 0
        self._desk = desk
        self._bank = bank
        self._random = Random(seed)
        purpose = Purpose("year", "payment")
        folder = desk.results
        self._register = Register(folder / "treasury.db", keys=folder / "keys", purpose=purpose)
        bank.hold(_NAME, DEBTOR.iban)
        self._closed = [f"SHOP{place}" for place in range(len(accounts)) if self._random.random() < _CLOSED]
        for name in self._closed:
            bank.hold(name, accounts[int(name.removeprefix("SHOP"))], behaviour="closed-account")

    def pay(self, schemes: Sequence[str], last: date) -> None:
        """Book what the bank has said since the last time, and pay what is open up to a day.

        Args:
            schemes: ids of the schemes.
            last: the last day that is closed.
        """
        self.book()
        treasurer = self._desk.treasurer
        for scheme in schemes:
            treasurer.schemes.close_day(scheme, last)
        self._desk.in_step()
        draft(treasurer, due(treasurer, schemes))
        self._desk.in_step()
        drafted = waiting(self._desk.manager, "drafted", "", schemes).ready
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(
                pool.map(
                    lambda one: self._desk.manager.settlements.approve(one["scheme"], one["id"]), drafted
                )
            )
        self._desk.in_step()
        self._export(schemes)

    def book(self) -> None:
        """Book what the bank has said since the last time; its days are those of this process' clock."""
        if not self.files:
            return
        self._desk.in_step()
        self._bank.pass_days(0)
        sent = [*self._bank.files("pain.002"), *self._bank.files("camt.053")]
        given = [
            GivenFile(read_bytes(content, f"{self.files}-{number}.xml"), content)
            for number, content in enumerate(sent)
        ]
        ledger = all_settlements(self._desk.treasurer)
        _, kept = take(self._register.bank, given, ledger.values())
        booked = book(self._desk.treasurer, kept, ledger, today())
        self.booked.update(made.booking.outcome for made in booked.made)
        self.open_breaks = len(booked.breaks)
        for left in booked.for_persons:
            raise AssertionError(f"somebody has to look at {left}")

    def reopen_accounts(self) -> None:
        """Let the shops whose accounts were closed have them back."""
        for name in self._closed:
            self._bank.change(name, behaviour="accept")

    def close(self) -> None:
        """Close the register."""
        self._register.close()

    def _export(self, schemes: Sequence[str]) -> None:
        approved = waiting(self._desk.treasurer, "approved", "", schemes).ready
        if not approved:
            return
        form = Form(
            PayoutSettings(debtor=DEBTOR),
            datetime.now(UTC).replace(microsecond=0),
            next_target_day(today()),
        )
        self.files += 1
        path = self._desk.results / f"pay-{self.files:02}.xml"
        file = keep(self._register.bank, compose(self._desk.treasurer, approved, form), form, path.name)
        carry_on(self._desk.treasurer, self._register.bank, file, path)
        # One payment of each file comes back after it was paid.
        returned = self._random.choice(approved)["id"]
        self._bank.change(_NAME, behaviour="return-later", parameters={"days": 2, "end_to_end_id": returned})
        self._bank.ask("POST", "/payments", path.read_bytes())
