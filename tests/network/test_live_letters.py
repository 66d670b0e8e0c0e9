"""What a printed letter promises, followed on real peers: scan, pay, type, look, block, be replaced."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from click.testing import CliRunner, Result
from support import Town, open_shop

from kindpakket.backoffice.citizens import Child
from kindpakket.backoffice.register import Purpose, Register
from kindpakket.holder.slip import Slip
from kindpakket_cli.main import main
from kindpakket_demo.desk import CHAINCODE, MUNICIPALITY, Till, now
from kindpakket_demo.schemes import PRESET, OpenScheme, open_provision
from kindpakket_demo.vouchers import issue
from kindpakket_network.programs.wait import until
from patience import PATIENCE

BSNS = ("900000004", "900000016", "900000028")
CASES = {f"Z-brief-{at}" for at in range(len(BSNS))}
PAGES = 6
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
BACKUPS = ("--backups-until", "2030-01-31")


@dataclass
class Office:
    """A municipality with three issued vouchers of two households, and a shop that sells books.

    Attributes:
        town: the network and its users.
        scheme: an open scheme.
        till: the shop's.
        folder: where everything of the test is.
    """

    town: Town
    scheme: OpenScheme
    till: Till
    folder: Path

    @property
    def letters(self) -> Path:
        """The folder for the print house."""
        return self.folder / "letters"

    def run(self, *arguments: str, stdin: str | None = None, user: str = "") -> Result:
        """Run the command on the network."""
        chosen = ("--user", user) if user else ()
        home = ("--home", str(self.town.desk.network.home), "--chaincode", CHAINCODE, "--json")
        result = CliRunner().invoke(main, [*arguments, *chosen, *home], input=stdin)
        self.town.desk.in_step()
        return result

    def answer(self, *arguments: str, stdin: str | None = None, user: str = "") -> Any:
        """The answer of a command that succeeds."""
        result = self.run(*arguments, stdin=stdin, user=user)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def refused(self, *arguments: str, stdin: str | None = None, user: str = "") -> dict[str, Any]:
        """The error of a command that does not."""
        result = self.run(*arguments, stdin=stdin, user=user)
        assert result.exit_code != 0, result.output
        error: dict[str, Any] = json.loads(result.stderr)["error"]
        return error

    @property
    def register(self) -> tuple[str, ...]:
        """The options that name the register."""
        return ("--register", str(self.folder / "register.db"), "--register-key", str(self.folder / "key"))

    @property
    def printing(self) -> tuple[str, ...]:
        """The options of a run."""
        templates = ("--templates", str(self.folder / "templates"))
        return (*templates, "--pages", str(PAGES), "--texts", "Kindpakket", *self.register)


@pytest.fixture
def office(town: Town, tmp_path: Path) -> Office:
    desk = town.desk
    made = Office(town, open_provision(desk, 4, now()), open_shop(desk, "corner"), tmp_path)
    children = [
        Child(
            bsn, f"Kind{at} Tweede", "Geheim", date(2015, 1, 1), f"huis-{at // 2}", f"Z-brief-{at}", PRESET, 1
        )
        for at, bsn in enumerate(BSNS)
    ]
    purpose = Purpose("intake", "test")
    with Register(tmp_path / "register.db", key=tmp_path / "key", purpose=purpose) as register:
        bulks = register.enrol(made.scheme.id, "2026", children)
        issue(desk, made.scheme.id, bulks)
        register.mark_issued([bulk.request_id for bulk in bulks])
    assert CliRunner().invoke(main, ["letters", "template", str(tmp_path / "templates")]).exit_code == 0
    addresses = tmp_path / "addresses.csv"
    addresses.write_text(
        "huishouden;naam;adres;postcode;plaats;taal\n"
        "huis-0;Familie Geheim;Weg 1;9801 AB;Zuidhorn;nl\nhuis-1;Family Geheim;Weg 2;9801 AB;Zuidhorn;en\n"
    )
    made.answer("letters", "addresses", str(addresses), *made.register)
    return made


def text_of(pdf: Path) -> str:
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]
    return " ".join(" ".join(pages).split())


def scanned(pdf: Path) -> dict[tuple[str, int], str]:
    """The texts of the QR codes in a document's pictures, by voucher and page."""
    found = {}
    for page in pypdfium2.PdfDocument(pdf):
        for code in zxingcpp.read_barcodes(page.render(scale=200 / 72).to_pil(), formats=QR_CODES):
            slip = Slip.from_text(code.text)
            found[slip.voucher, slip.page.number] = code.text
    return found


def typed(pdf: Path, number: int) -> str:
    """The code that is printed below a slip's picture, as it is read from the text."""
    codes: list[str] = re.findall(
        rf"(?:Bon|Slip) {number} (?:van|of) \d+ ((?:[0-9A-Z]{{5}} ?){{7}})", text_of(pdf)
    )
    return codes[0].strip()


def block_codes(pdf: Path) -> list[tuple[list[str], str]]:
    """The numbers and block codes that a letter shows."""
    pairs = re.findall(
        r"(?:Nummer|Number) ((?:[0-9a-f]{4} ?){8})(?:Blokkeercode|Block code) ((?:[0-9A-Z]{5} ?){7})",
        text_of(pdf),
    )
    return [(number.split(), code.strip()) for number, code in pairs]


def test_a_letter_is_followed_from_the_register_to_the_block(office: Office) -> None:
    scheme, user = office.scheme.id, office.till.user
    wrong_person = office.refused(
        "letters", "print", scheme, str(office.letters), *office.printing, user="clerk"
    )
    assert "somebody else has to print" in wrong_person["message"]
    printed = office.answer("letters", "print", scheme, str(office.letters), *office.printing)
    assert (printed["letters"], printed["vouchers"], printed["languages"]) == (2, 3, {"nl": 1, "en": 1})
    checked = CliRunner().invoke(main, ["letters", "check", str(office.letters)])
    assert checked.exit_code == 0, checked.output

    english = office.letters / "000002.pdf"
    slips = scanned(english)
    voucher = next(iter(slips))[0]
    pay = ("payment", "pay", "--line", "books=500")
    pages = ("--printed-pages", printed["pages"])
    paid = office.answer(*pay, stdin=slips[voucher, 1], user=user)
    assert (paid["voucher"], paid["cents"], paid["state"]) == (voucher, 500, "paid")
    used = office.refused(*pay, *pages, stdin=typed(english, 1), user=user)
    assert (used["code"], "page 1" in used["message"]) == ("HOLDER_PROOF_INVALID", True)
    paid = office.answer(*pay, *pages, stdin=typed(english, 2).lower(), user=user)
    assert paid["voucher"] == voucher
    left = office.answer("voucher", "allowance", *pages, stdin=typed(english, 3), user=user)
    assert left["available_cents"] == 29_000

    ((number, code),) = block_codes(english)
    assert "".join(number) == voucher
    blocked = office.answer("voucher", "self-block", *number, *pages, stdin=f"{code}\n", user=user)
    assert blocked["state"] == "blocked"
    stopped = office.refused(*pay, stdin=slips[voucher, 3], user=user)
    assert stopped["code"] == "VOUCHER_BLOCKED"

    # the other household calls the municipality, which finds the scheme by itself
    dutch = office.letters / "000001.pdf"
    number, code = block_codes(dutch)[1]
    blocked = office.answer("voucher", "self-block", *number, stdin=f"{code.lower()}\n", user="clerk")
    assert blocked["voucher"] == "".join(number)

    again = office.folder / "again"
    waits = office.refused(
        "letters", "reprint", scheme, str(again), voucher, "--reason", "lost", *office.printing, user="clerk"
    )
    assert (waits["code"], list(waits["vouchers"])) == ("WAITING", [voucher])
    approved = office.answer("letters", "approve", waits["run"], *office.register, user="manager")
    assert approved["approved"] == 1
    fresh = scanned(again / "000001.pdf")
    old = office.refused(*pay, stdin=slips[voucher, 3], user=user)
    assert old["code"] == "HOLDER_PROOF_INVALID"
    paid = office.answer(*pay, stdin=fresh[voucher, 1], user=user)
    assert paid["voucher"] == voucher
    for folder in (office.letters, again):
        office.answer("letters", "destroy", str(folder), "--yes", *office.register)

    person_is_told_and_erased(office, voucher)
    office.town.desk.in_step()
    audit = office.town.desk.auditor.verify()
    assert audit.passed, (audit.findings, audit.differences)


def recorded_cases(office: Office) -> set[str]:
    """The case numbers that the municipality's peer still has in private records, in any block."""
    ledger = office.town.desk.ledger(MUNICIPALITY, "clerk")
    return {
        json.loads(write.value)["case"]
        for block in ledger.blocks_with_private_data(0, ledger.ledger_height() - 1)
        for sets in block.private_data.values()
        for data in sets
        if data.collection == "citizens"
        for write in data.writes
        if write.value and b'"case"' in write.value
    }


def person_is_told_and_erased(office: Office, voucher: str) -> None:
    bsn = f"{BSNS[2]}\n"
    told = office.answer("person", "export", *office.register, "--reason", "access-request", stdin=bsn)
    assert told["person"]["first_names"] == "Kind2 Tweede"
    assert told["household"]["language"] == "en"
    assert [letter["version"] for letter in told["letters"]] == [1, 2]
    assert told["ledger"][0]["voucher"]["id"] == voucher
    moved = [entry["moved"].get("spent_cents") for entry in told["ledger"][0]["statement"]]
    assert moved.count(500) == 3
    assert "letters.print" in [line["name"] for line in told["look_ups"]]

    assert recorded_cases(office) >= CASES
    erase = ("person", "erase", *office.register, "--reason", "request", *BACKUPS)
    waits = office.refused(*erase, stdin=bsn, user="clerk")
    assert waits["code"] == "WAITING"
    (sentence,) = waits["waits_for"]
    office.answer("erasure", "approve", sentence.split()[-1], user="manager")
    certificate = office.answer(*erase, stdin=bsn, user="clerk")
    assert (certificate["vouchers"], certificate["persons"]) == ([voucher], 1)
    (erasure,) = certificate["erasures_on_ledger"]

    def certified() -> bool | None:
        return office.town.desk.auditor.erasures.show(erasure)["state"] == "certified" or None

    assert until(certified, PATIENCE)
    assert recorded_cases(office) & CASES == CASES - {"Z-brief-2"}
    gone = office.refused("person", "show", *office.register, "--reason", "check", stdin=bsn)
    assert gone["code"] == "NO_SUCH"
    log = office.answer("person", "log", *office.register, "--reason", "access-request", stdin=bsn)
    assert "person.erase" in [line["name"] for line in log]
    with Register(office.folder / "register.db", key=office.folder / "key") as register:
        assert register.households.find("huis-1") is None
        assert register.households.find("huis-0") is not None
