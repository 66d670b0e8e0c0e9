"""A month of the treasurer on real peers: what the bank rejects and returns is paid by the next run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support import Town, books, with_key

from kindpakket.backoffice.bank.files import read_bytes
from kindpakket.ledger.accounts import account_digest
from kindpakket_cli.main import main
from kindpakket_demo.bank import Bank, opened
from kindpakket_demo.desk import CHAINCODE, Desk, Till, now
from kindpakket_demo.schemes import open_provision
from kindpakket_demo.town import make_town

ACCOUNT = "NL91ABNA0417164300"
DEBTOR = ("--name", "Gemeente Zuidhorn", "--iban", ACCOUNT, "--bic", "ABNANL2A")
IBANS = ("NL20INGB0001234567", "NL02ABNA0123456789", "NL44RABO0123456789", "NL69INGB0123456789")
ANNA, BOB, CEES, DIRK = 5_999, 1_001, 2_500, 700
"""What each shop is owed in all, in cents; the first one under both schemes."""


class Treasury:
    """The command in the network's home, with a register of its own."""

    def __init__(self, home: Path, folder: Path, schemes: list[str]) -> None:
        self.home = home
        self.folder = folder
        self.schemes = [argument for scheme in schemes for argument in ("--scheme", scheme)]

    def __call__(self, *arguments: str, code: int = 0) -> Any:
        """The answer in JSON of a command that has to end with a code."""
        result = self.run(*arguments)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def run(self, *arguments: str) -> Result:
        """What a command prints, in JSON."""
        register = str(self.folder / "register.db")
        return CliRunner().invoke(
            main,
            [
                *arguments,
                "--json",
                "--home",
                str(self.home),
                "--chaincode",
                CHAINCODE,
                "--register",
                register,
            ],
        )

    def pay(self, name: str, bank: Bank) -> Any:
        """Run, approve, export, and send the file to the bank."""
        drafted = self("payout", "run", *self.schemes)
        assert self("payout", "run", *self.schemes)["settlements"] == 0
        approved = self("payout", "approve", "--yes", *self.schemes)
        path = self.folder / name
        exported = self("payout", "export", "--file", str(path), *DEBTOR, *self.schemes)
        assert drafted["cents"] == approved["cents"] == exported["cents"]
        again = self.folder / f"again-{name}"
        self("payout", "export", "--file", str(again), "--again", exported["sha256"])
        assert again.read_bytes() == path.read_bytes()
        bank.ask("POST", "/payments", path.read_bytes())
        return exported

    def book(self, contents: list[bytes], code: int = 0) -> list[tuple[str, int]]:
        """Book files of the bank, and return what was booked."""
        paths = []
        for content in contents:
            paths.append(self.folder / f"bank-{len(list(self.folder.iterdir()))}.xml")
            paths[-1].write_bytes(content)
        booked = self("bank", "book", *map(str, paths), code=code)["booked"]
        assert self("bank", "book", *map(str, paths), code=code)["booked"] == []
        return sorted((made["outcome"], made["cents"]) for made in booked)

    def breaks(self) -> list[str]:
        """The kinds of all breaks of this register's files."""
        # Other tests export settlements without a file.
        found = json.loads(self.run("bank", "breaks").stdout)["breaks"]
        return sorted(each["kind"] for each in found if each["kind"] != "file-missing")


def shop(desk: Desk, iban: str) -> Till:
    """A shop that sells books from today on, paid on an account."""
    store = replace(make_town(1, 1, now().date(), seed=3).shops[0], iban=iban)
    till = desk.till(store, "paid")
    till.shop.registration.apply(
        ["books"], iban=iban, holder="Café 't Hoekje & Zn.", kvk=store.kvk, contact="administratie"
    )
    desk.in_step()
    desk.manager.shops.approve(till.shop.shop_id, [{"code": "books", "from": now().date().isoformat()}])
    return till


@pytest.fixture
def bank() -> Iterator[Bank]:
    with opened(f"{now():%Y-%m-%d}T09:00") as made:
        yield made


def test_what_the_bank_rejects_and_returns_is_paid_by_the_next_run(
    town: Town, bank: Bank, tmp_path: Path
) -> None:
    desk = town.desk
    first, second = open_provision(desk, 6, now()), open_provision(desk, 6, now())
    anna, bob, cees, dirk = (shop(desk, iban) for iban in IBANS)
    desk.in_step()
    bought = [
        (first, anna, 1_999),
        (second, anna, 4_000),
        (first, bob, BOB),
        (second, cees, CEES),
        (first, dirk, DIRK),
    ]
    for scheme, till, cents in bought:
        wallet = with_key(desk, scheme.id)
        order = till.shop.order(scheme.id, wallet.voucher, books(cents))
        till.shop.pay(order, wallet.authorise(order))
    for scheme in (first, second):
        desk.treasurer.schemes.close_day(scheme.id, now().date())
    desk.manager.shops.freeze_payout(dirk.shop.shop_id, "inquiry")
    desk.in_step()
    treasury = Treasury(desk.network.home, tmp_path, [first.id, second.id])

    due = treasury("payout", "run", "--dry-run", *treasury.schemes)
    assert [(left["shop"], left["why"]) for left in due["left_out"]] == [(dirk.shop.shop_id, "payout-frozen")]
    bank.hold("GEMEENTE", ACCOUNT)
    bank.hold("CEES", IBANS[2], behaviour="closed-account")
    exported = treasury.pay("first.xml", bank)
    assert (exported["payments"], exported["cents"]) == (4, ANNA + BOB + CEES)
    live = {record["shop"]: record for record in desk.treasurer.settlements.live(first.id)}
    returning = live[bob.shop.shop_id]
    assert returning["file_sha256"] == exported["sha256"]
    digest = account_digest(desk.treasurer.shops.account(bob.shop.shop_id))
    assert returning["account_sha256"] == digest
    assert desk.auditor.shops.show(bob.shop.shop_id)["account_sha256"] == digest
    bank.change(
        "GEMEENTE", behaviour="return-later", parameters={"days": 1, "end_to_end_id": returning["id"]}
    )
    assert treasury.breaks() == []

    assert treasury.book(bank.files("pain.002")) == [("rejected", CEES)]
    bank.pass_days((date.fromisoformat(exported["execution_date"]) - now().date()).days + 5)
    statements = bank.files("camt.053")
    of_day = {content: entries(content) for content in statements}
    paid = [content for content in statements if of_day[content] == 3]
    returned = [content for content in statements if of_day[content] == 1]
    assert (len(paid), len(returned)) == (1, 1)
    # The statement with the return comes first: nothing is certain, and the one before is missed.
    assert treasury.book(returned, code=1) == []
    assert "to-decide" in treasury.breaks()
    rest = [content for content in statements if content not in returned]
    assert treasury.book(rest) == [("paid", BOB), ("paid", 1_999), ("paid", 4_000), ("returned", BOB)]
    assert treasury.breaks() == []

    bank.change("GEMEENTE", behaviour="accept", parameters={})
    bank.change("CEES", behaviour="accept")
    again = treasury.pay("second.xml", bank)
    assert (again["payments"], again["cents"]) == (2, BOB + CEES)
    treasury.book(bank.files("pain.002"))
    bank.pass_days(5)
    assert treasury.book(bank.files("camt.053")) == [("paid", BOB), ("paid", CEES)]
    assert treasury.breaks() == []
    desk.in_step()
    for till, cents in ((anna, ANNA), (bob, BOB), (cees, CEES), (dirk, 0)):
        sums = [
            desk.auditor.audit.shop_statement(each.id, till.shop.shop_id)["sums"] for each in (first, second)
        ]
        assert sum(each["paid_cents"] for each in sums) == cents
    assert treasury("payout", "status", *treasury.schemes)["files"] == []


def entries(content: bytes) -> int:
    """How many entries the municipality's statement has in a file."""
    return sum(each.entries for each in read_bytes(content).statements if each.account == ACCOUNT)
