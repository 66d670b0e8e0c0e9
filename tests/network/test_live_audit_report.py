"""The legality report on a live network, with cases and accounts in private collections: every command of its
guide.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from intake import write_file
from support import Town, books, open_shop

from kindpakket.auditor.disclosure import sealed
from kindpakket.backoffice.citizens import read_file
from kindpakket.backoffice.register import Purpose, Register
from kindpakket.holder.key import HolderKey
from kindpakket_cli.main import main
from kindpakket_demo.desk import CHAINCODE, CHANNEL, Desk, Till, now
from kindpakket_demo.schemes import PRESET, open_provision
from kindpakket_demo.vouchers import activate, issue
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network
from patience import PATIENCE

GUIDE = Path(__file__).parents[2] / "docs" / "audit-report.md"
AMOUNTS = (1_500, 700, 12_000, 2_500, 900, 4_400)
OTHER_IBAN = "NL02ABNA0123456789"
FILES = ("legality.html", "legality.json", "legality.xlsx")


@dataclass
class Audited:
    """A scheme of which everything was paid out, and where its audit is made.

    Attributes:
        desk: the network's users.
        scheme: id of the scheme.
        folder: the folder with the register, into which files are written.
        till: a shop that was paid.
    """

    desk: Desk
    scheme: str
    folder: Path
    till: Till

    @property
    def period(self) -> list[str]:
        """The options that say what is looked at."""
        today = now().date().isoformat()
        return ["--from", today, "--to", today, "--scheme", self.scheme, "--settings", "legality.yaml"]

    def run(self, *arguments: str) -> Result:
        """What a command of the audit does."""
        home = ["--home", str(self.desk.network.home), "--chaincode", CHAINCODE]
        result = CliRunner().invoke(main, ["audit", *arguments, *home])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def answer(self, *arguments: str, code: int = 0) -> Any:
        """The answer in JSON of a command that has to end with a code."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def read(self, name: str) -> Any:
        """A document that a command wrote."""
        return json.loads((self.folder / name).read_text("utf-8"))

    def disclosed(self, name: str) -> Any:
        """Ask for the records of the sample and have them disclosed; the disclosure."""
        self.answer("request", *self.period, "--out", f"{name}-request.json")
        self.answer(
            *("disclose", f"{name}-request.json", "--register", "register.db", "--reason", "audit-2026"),
            *("--out", f"{name}.json"),
        )
        return self.read(f"{name}.json")

    def check(self, name: str, code: int) -> list[dict[str, str]]:
        """Compare disclosed records with the blocks; what came out for each payment."""
        request = f"{name.partition('.')[0]}-request.json"
        checked = self.answer(
            *("check", f"{name}.json", "--request", request, "--out", f"{name}-checked.json"), code=code
        )
        items: list[dict[str, str]] = checked["items"]
        return items


def settings() -> str:
    """The settings in the guide."""
    (block,) = re.findall(r"```yaml\n(decision: .*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    return str(block)


@pytest.fixture(scope="module")
def audited(town: Town, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """Children of a register who bought books at two shops, which were paid."""
    desk, folder = town.desk, tmp_path_factory.mktemp("audited")
    scheme = open_provision(desk, len(AMOUNTS), now()).id
    write_file(folder / "kinderen.csv", 5_000, len(AMOUNTS), PRESET)
    with Register(folder / "register.db", purpose=Purpose("intake", "audit")) as register:
        bulks = register.enrol(scheme, "2026", read_file(folder / "kinderen.csv"))
        issue(desk, scheme, bulks)
        names = register.personal_values()
    wallets = [Wallet(entry.voucher, HolderKey.generate()) for bulk in bulks for entry in bulk.entries]
    activate(desk, scheme, wallets)
    tills = [open_shop(desk, "audited", seed=seed) for seed in (11, 12)]
    for number, (wallet, cents) in enumerate(zip(wallets, AMOUNTS, strict=True)):
        till = tills[number % len(tills)]
        order = till.shop.order(scheme, wallet.voucher, books(cents))
        till.shop.pay(order, wallet.authorise(order))
    desk.treasurer.schemes.close_day(scheme, now().date())
    desk.in_step()
    settlements = [desk.clerk.settlements.draft(scheme, till.shop.shop_id)["id"] for till in tills]
    desk.in_step()
    for settlement in settlements:
        desk.manager.settlements.approve(scheme, settlement)
    desk.in_step()
    desk.treasurer.settlements.export(scheme, settlements, "cd" * 32)
    for settlement in settlements:
        desk.treasurer.settlements.book(scheme, settlement, "paid", "bank")
    desk.in_step()
    (folder / "legality.yaml").write_text(settings())
    (folder / "names.txt").write_text("\n".join(names))
    (folder / "genesis.block").write_bytes(
        (network.home / "channels" / CHANNEL / "genesis.block").read_bytes()
    )
    return Audited(desk, scheme, folder, tills[0])


@pytest.fixture(autouse=True)
def there(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands name files of the folder."""
    monkeypatch.chdir(audited.folder)


def commands() -> Iterator[str]:
    """The commands in the guide, each on one line."""
    fenced = GUIDE.read_text("utf-8").split("```")[1::2]
    for block in fenced:
        language, _, text = block.partition("\n")
        if not language:
            yield from text.replace("\\\n", " ").splitlines()


def shell(command: str) -> str:
    """What a command prints that is not kindpakket's."""
    done = subprocess.run(
        ["/bin/sh", "-c", command], check=True, timeout=PATIENCE, capture_output=True, text=True
    )
    return done.stdout


def test_the_commands_of_the_guide_work(audited: Audited) -> None:
    """In their order; the days are today's, and the scheme is named, since the network has others."""
    audited.answer("bundle", "zuidhorn.zip")
    ran = []
    for command in commands():
        given = re.sub(r"2026-\d\d-\d\d", now().date().isoformat(), command)
        program, *arguments = shlex.split(given, comments=True)
        if program != "kindpakket":
            shell(given)
            continue
        assert arguments.pop(0) == "audit"
        ran.append(arguments[0])
        scheme = ["--scheme", audited.scheme] if "--from" in arguments else []
        result = audited.run(*arguments, *scheme)
        assert result.exit_code == 0, (command, result.output)
        if arguments[0] == "request":
            payments = yaml.safe_load((audited.folder / "judgements.yaml").read_text("utf-8"))
            judged = yaml.safe_dump(dict.fromkeys(payments, "right"))
            (audited.folder / "judgements.yaml").write_text(judged)
    assert ran == ["verify", "request", "disclose", "check", "report", "report"]

    report = audited.read("report-2026/legality.json")
    assert (report["verdict"], report["sums"]["costs"]) == ("within", sum(AMOUNTS))
    assert report["sample"]["evaluation"]["error"]["most_likely"] == 0
    items = audited.read("checked.json")["items"]
    assert {(item["case"], item["account"]) for item in items} == {("matches", "matches")}
    assert len(audited.read("disclosure.json")["accounts"]) == 2
    at_home = audited.read("at-home/legality.json")
    assert at_home["sample"]["items"] == report["sample"]["items"]
    public = [audited.folder / name for name in ("request.json", "checked.json", "findings.jsonl")]
    public += [audited.folder / folder / name for folder in ("report-2026", "at-home") for name in FILES[:2]]
    personal = (audited.folder / "names.txt").read_text("utf-8").splitlines()
    ibans = [account["record"]["iban"] for account in audited.read("disclosure.json")["accounts"]]
    for path in public:
        text = path.read_text("utf-8")
        assert not [value for value in (*personal, *ibans) if value in text], path


def test_the_number_of_the_guide_is_the_one_of_its_commitment(audited: Audited) -> None:
    """`sha256sum` of what the guide's command wrote commits to the number that the command is given."""
    draw, commit = [command for command in commands() if "number.txt" in command]
    shell(draw)
    said = shell(commit)
    number = (audited.folder / "number.txt").read_text("utf-8").strip()
    own = yaml.safe_load(settings())
    own["sampling"]["number_commitment"] = said.split()[0]
    (audited.folder / "own.yaml").write_text(yaml.safe_dump(own))
    asked = [*audited.period[:-1], "own.yaml", "--number", number, "--out", "own.json"]
    assert audited.answer("request", *asked)["number"] == number


def test_the_peer_and_copies_of_its_blocks_give_the_same_bytes(audited: Audited) -> None:
    audited.answer("report", "of-peer", *audited.period)
    audited.answer("bundle", "copied.zip")
    blocks = Path(audited.desk.network.home) / "nodes" / "peer0.auditor" / "data" / "ledgersData" / "chains"
    for number, copy in enumerate(
        (["--bundle", "copied.zip"], ["--blocks", str(blocks / "chains" / CHANNEL)])
    ):
        command = ["audit", "report", f"copy-{number}", *audited.period, *copy, "--home", "no-home"]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 0, result.output
        for name in FILES:
            of_peer, of_copy = (audited.folder / folder / name for folder in ("of-peer", f"copy-{number}"))
            assert of_peer.read_bytes() == of_copy.read_bytes(), name


def test_the_files_of_an_orderer_are_refused(audited: Audited) -> None:
    blocks = Path(audited.desk.network.home) / "nodes" / "orderer.auditor" / "data" / "ledger" / "chains"
    result = audited.run("report", "refused", *audited.period, "--blocks", str(blocks / CHANNEL))
    assert (result.exit_code, "like the files of an orderer" in result.output) == (2, True), result.output


def test_another_record_than_the_ledger_has_the_hash_of_is_found(audited: Audited) -> None:
    given = {name: member for name, member in audited.disclosed("other").items() if name != "sha256"}
    first, *rest = given["cases"]
    forged = {**first, "record": {**first["record"], "case": "Z-9999"}}
    (audited.folder / "other.forged.json").write_text(json.dumps(sealed({**given, "cases": [forged, *rest]})))
    found = {item["payment"]: item["case"] for item in audited.check("other.forged", code=1)}
    assert found.pop(first["payment"]) == "differs"
    assert set(found.values()) <= {"matches"}


def test_an_account_that_was_changed_since_is_an_uncertainty(audited: Audited) -> None:
    desk, till = audited.desk, audited.till
    changed = till.shop.registration.change_account(
        "another-bank", iban=OTHER_IBAN, holder="Winkel", kvk=till.store.kvk, contact="administratie"
    )
    desk.in_step()
    desk.manager.shops.approve_account(till.shop.shop_id, changed["account_change"]["id"])
    desk.in_step()
    audited.disclosed("changed")
    found = audited.check("changed", code=1)
    assert {item["account"] for item in found} == {"matches", "changed"}
    assert {item["case"] for item in found} == {"matches"}
    result = audited.run("report", "changed", *audited.period, "--checked", "changed-checked.json")
    assert result.exit_code == 1, result.output
    sums = audited.read("changed/legality.json")["sums"]
    assert (sums["errors"], sums["uncertainties"]) == (0, 0), "the sample is evaluated apart"
