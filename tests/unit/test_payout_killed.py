"""An export and a booking that are killed at any moment, and run again: nothing twice, and nothing lost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bank_files import Detail, Entry, Page, camt053
from desk import Command
from payouts import DEBTOR, SCHEMES, SHOPS, Payouts

import killing
from kindpakket.backoffice.bank.orders import read_orders
from kindpakket.backoffice.register.store import Store
from kindpakket.ledger.caller import Caller
from kindpakket_cli.main import main

OWED = {
    (SCHEMES[0], SHOPS[0]): 6_637_025,
    (SCHEMES[0], SHOPS[1]): 1_200,
    (SCHEMES[1], SHOPS[2]): 3_450,
}


def _command(instants: killing.Instants, arguments: list[str]) -> None:
    """The command, with an instant before and after each transaction of the register and the ledger."""
    writing, invoke, rename = Store.writing, Caller.invoke, Path.rename

    @contextmanager
    def watched(self: Store) -> Iterator[object]:
        instants.pass_one()
        with writing(self) as connection:
            yield connection
            instants.pass_one()
        instants.pass_one()

    def invoked(self: Caller, *args: Any, **kwargs: Any) -> Any:
        instants.pass_one()
        answer = invoke(self, *args, **kwargs)
        instants.pass_one()
        return answer

    def renamed(self: Path, target: Path) -> Path:
        instants.pass_one()
        return rename(self, target)

    Store.writing = watched  # type: ignore[method-assign, assignment]
    Caller.invoke = invoked  # type: ignore[method-assign]
    Path.rename = renamed  # type: ignore[method-assign, assignment]
    main(arguments, standalone_mode=False)


class Treasury:
    """The command, its ledger and its register."""

    def __init__(self, command: Command, folder: Path) -> None:
        self.command, self.folder = command, folder
        self.ledger = Payouts(command.desk)
        self.register = ["--register", str(folder / "register.db")]

    def approved(self) -> None:
        self.ledger.owed |= OWED
        assert self.command("payout", "run", *self.register).exit_code == 0
        assert self.command("payout", "approve", "--yes", *self.register).exit_code == 0

    def killed(self, instant: int, arguments: list[str]) -> bool:
        """Run a command that is killed at an instant; whether it finished first."""
        home = ["--home", str(self.command.home), *self.register]
        return killing.run_and_die(instant, _command, [*arguments, *home])

    def again(self, arguments: list[str]) -> Any:
        return self.command.answer(*arguments, *self.register)


def test_an_export_that_is_killed_at_each_instant_and_run_again(kindpakket: Command, tmp_path: Path) -> None:
    treasury = Treasury(kindpakket, tmp_path)
    finished, instant = False, 0
    while not finished:
        before = set(treasury.ledger.settlements)
        treasury.approved()
        path = tmp_path / f"pay-{instant}.xml"
        export = ["payout", "export", "--file", str(path), *DEBTOR]
        finished = treasury.killed(instant, export)
        answer = treasury.again(export) if not finished else None
        made = {key: record for key, record in treasury.ledger.settlements.items() if key not in before}
        content = path.read_bytes()
        assert {order.settlement for order in read_orders(content)} == set(made)
        assert sum(order.cents for order in read_orders(content)) == sum(OWED.values())
        assert {record["state"] for record in made.values()} == {"exported"}
        assert {record["file_sha256"] for record in made.values()} == {hashlib.sha256(content).hexdigest()}
        assert answer is None or answer["payments"] == 3
        assert treasury.command("payout", "status", *treasury.register).exit_code == 0
        instant += 1
    assert instant > 8
    assert treasury.ledger.total() == instant * sum(OWED.values())


def test_a_booking_that_is_killed_at_each_instant_and_run_again(kindpakket: Command, tmp_path: Path) -> None:
    treasury = Treasury(kindpakket, tmp_path)
    finished, instant, opening = False, 0, 10_000_000_000
    while not finished:
        treasury.approved()
        treasury.again(["payout", "export", "--file", str(tmp_path / f"pay-{instant}.xml"), *DEBTOR])
        exported = [each for each in treasury.ledger.settlements.values() if each["state"] == "exported"]
        entries = [
            Entry(-each["cents"], [Detail(each["cents"], each["id"])], each["id"], booked_on="2099-12-01")
            for each in exported
        ]
        days = {"day": f"2099-12-{instant + 1:02}", "opened_on": f"2099-12-{instant or 1:02}"}
        page = Page(entries, opening, number=instant + 1, id=f"S{instant}", **days)  # type: ignore[arg-type]
        opening -= sum(OWED.values())
        statement = tmp_path / f"statement-{instant}.xml"
        statement.write_bytes(camt053(page))
        book = ["bank", "book", str(statement)]
        finished = treasury.killed(instant, book)
        if not finished:
            treasury.again(book)
        assert treasury.again(["bank", "book"])["booked"] == []
        assert treasury.ledger.states() == {"paid": (instant + 1) * sum(OWED.values())}
        assert treasury.again(["bank", "breaks"])["breaks"] == []
        instant += 1
    assert instant > 8
