"""`kindpakket books`: the books are made, written, checked and closed without a home, a user or a network."""

from __future__ import annotations

import csv
import json
import os
import re
import time
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from town import SCHEMES, Movements, Town

from kindpakket.backoffice.books.movement_file import MovementFile, write_movements
from kindpakket.ledger.movements import Movement
from kindpakket.ledgerview import LedgerView
from kindpakket_cli.main import main

MADE_OF = ("--mapping", "mapping.yaml", "--movements", "movements.jsonl")
COMPANY = 'company:\n  name: "Gemeente Zuidhorn"\n  tax_number: "NL001234567B01"\n'


class Desk:
    """A folder with a mapping and movements, and the command on them."""

    def __init__(self) -> None:
        self.town = Town(3, hours=24).live(300)
        self.write(self.town.movements)
        assert self.run("mapping", "mapping.yaml", "--new").exit_code == 0

    def write(self, movements: list[Movement], until: int | None = None) -> None:
        source = Movements(movements)
        write_movements(Path("movements.jsonl"), source.position(until), source.movements(until))

    def run(self, *arguments: str) -> Result:
        result = CliRunner().invoke(main, ["books", *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def json(self, *arguments: str, code: int = 0) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout or result.stderr)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk()


def test_the_example_of_a_mapping_can_be_used_and_is_not_written_over(desk: Desk) -> None:
    accounts = desk.json("mapping", "mapping.yaml")["accounts"]
    assert {"account": "17010", "name": "Crediteuren winkels", "for": "payables", "scheme": None} in accounts
    assert "costs of sport" in desk.run("mapping", "mapping.yaml").stdout
    again = desk.run("mapping", "mapping.yaml", "--new")
    assert (again.exit_code, "exists already" in again.stderr) == (2, True)


def test_all_mistakes_of_a_mapping_are_told_with_their_lines(desk: Desk) -> None:
    text = Path("mapping.yaml").read_text()
    for right, wrong in (
        ('payables: {code: "17010"', "payables: {code: 17010"),
        ('receivables: {code: "13010"', 'receivables: {code: "11010"'),
        ('bank: {code: "BNK"', 'bank: {code: "INK"'),
        ("  write_offs:", "  writeoffs:"),
        ("unsettled: true", "unsettled: maybe"),
        ('expected_use: "0"', 'expected_use: "101"'),
        ("    sport: {", "    Sport: {"),
    ):
        assert right in text
        text = text.replace(right, wrong, 1)
    text += "schemes:\n  abc: {name: Kindpakket, name: Pakket}\n"
    Path("mapping.yaml").write_text(text)
    lines = {
        sentence: number for number, line in enumerate(text.splitlines(), 1) for sentence in [line.strip()]
    }
    result = desk.run("mapping", "mapping.yaml")
    assert result.exit_code == 2
    for sentence in (
        f"'name' is on line {len(text.splitlines())} already: remove one of them",
        "accounts.payables.code is not a text: put it in quotation marks",
        "account 11010 is used for receivables and for bank: use two",
        "INK is the code of costs, too",
        "accounts.write_offs is missing",
        "'writeoffs' is unknown",
        "accruals.unsettled must be true or false",
        "accruals.expected_use is '101': it must be a percentage from 0 to 100, such as \"85.5\"",
        "'Sport' is not the code of a category",
        "'abc' is not the id of a scheme",
    ):
        assert sentence in result.stderr, result.stderr
    place = next(number for line, number in lines.items() if line.startswith("payables:"))
    assert f"mapping.yaml, line {place}: accounts.payables.code" in result.stderr
    assert desk.json("journal", *MADE_OF, code=2)["error"]["code"] == "FILE"


def test_the_journal_is_shown_and_written(desk: Desk) -> None:
    document = desk.json("journal", *MADE_OF, "--per", "day", "--period", "2026-01", "--scheme", SCHEMES[0])
    assert document["block_hash"] == f"{desk.town.block:064x}"
    assert document["height"] == desk.town.block + 1
    assert {entry["period"] for entry in document["entries"]} == {"2026-01"}
    assert {entry["scheme"] for entry in document["entries"]} == {SCHEMES[0]}
    for entry in document["entries"]:
        debits, credits = (
            sum(line[f"{side}_cents"] for line in entry["lines"]) for side in ("debit", "credit")
        )
        assert debits == credits > 0
    shown = desk.run("journal", *MADE_OF, "--period", "2026-01").stdout
    assert "2026-01-INK-00001" in shown
    assert f"height {desk.town.block + 1}" in shown
    result = desk.run("journal", *MADE_OF, "--out", "journal.csv")
    assert result.exit_code == 0
    rows = list(csv.DictReader(StringIO(Path("journal.csv").read_text("utf-8-sig")), delimiter=";"))
    assert f"journal.csv: {len({row['entry'] for row in rows})} entries" in result.stdout
    assert desk.json("journal", *MADE_OF, "--out", "j.xlsx") == {"files": ["j.xlsx"]}
    assert Path("j.xlsx").read_bytes()[:2] == b"PK"
    tabs = ("--delimiter", "\t", "--decimal", "point", "--format", "csv")
    assert desk.run("journal", *MADE_OF, "--out", "journal.txt", *tabs).exit_code == 0
    assert "\t" in Path("journal.txt").read_text()


def test_the_audit_file_is_written_for_a_year(desk: Desk) -> None:
    year = ("journal", *MADE_OF, "--period", "2026", "--out", "2026.xaf")
    assert "has no company" in desk.run(*year).stderr
    with Path("mapping.yaml").open("a") as file:
        file.write(COMPANY)
    assert "give --period" in desk.run("journal", *MADE_OF, "--out", "2026.xaf").stderr
    for xaf, name in (("4.0", b"XmlauditfileXAF_4.0"), ("3.2", b"XAF/3.2")):
        assert desk.run(*year, "--xaf", xaf).exit_code == 0
        content = Path("2026.xaf").read_bytes()
        assert name in content
        assert b"VRP" not in content
    assert desk.run(*year, "--commitments").exit_code == 0
    assert b"VRP" in Path("2026.xaf").read_bytes()


def test_the_trial_balance_is_shown_and_written(desk: Desk) -> None:
    lines = desk.json("balance", *MADE_OF, "--period", "2026")["accounts"]
    assert sum(line["closing_cents"] for line in lines) == 0
    costs = [line for line in lines if line["part"] == "costs"]
    assert costs
    assert not any(line["opening_cents"] for line in costs)
    assert "17010 Crediteuren winkels" in desk.run("balance", *MADE_OF).stdout
    assert desk.run("balance", *MADE_OF, "--out", "b.csv").exit_code == 0
    wrong = desk.run("balance", *MADE_OF, "--out", "b.xaf")
    assert (wrong.exit_code, "must end in .csv, .xlsx" in wrong.stderr) == (2, True)


def test_a_check_compares_the_books_with_the_chaincode(desk: Desk) -> None:
    document = desk.json("check", *MADE_OF)
    assert (document["agrees"], document["problems"]) == (True, [])
    assert "The books agree with the ledger." in desk.run("check", *MADE_OF).stdout
    totals = scheme_totals(desk)
    Path("totals.json").write_text(json.dumps(totals))
    assert desk.json("check", *MADE_OF, "--totals", "totals.json")["agrees"]
    totals["shops"]["exported_cents"] += 1
    Path("totals.json").write_text(json.dumps(totals))
    document = desk.json("check", *MADE_OF, "--totals", "totals.json", code=1)
    (problem,) = document["problems"]
    assert problem.startswith(f"exported, by the chaincode of scheme {SCHEMES[0]}: the books have ")
    differs = desk.run("check", *MADE_OF, "--totals", "totals.json")
    assert (differs.exit_code, problem in differs.stdout) == (1, True)
    Path("totals.json").write_text("{}")
    assert desk.json("check", *MADE_OF, "--totals", "totals.json", code=2)["error"]["code"] == "FILE"


def scheme_totals(desk: Desk) -> dict[str, Any]:
    """What the chaincode would answer about the first scheme, by the town's own account of it."""
    town, scheme = desk.town, SCHEMES[0]
    moved = dict.fromkeys(("issued", "topped_up", "spent", "refunded", "cancelled", "lapsed", "revoked"), 0)
    for movement in town.movements:
        if movement.scheme == scheme and movement.kind in moved:
            moved[movement.kind] += movement.cents
    vouchers = [voucher for voucher in town.vouchers if voucher.scheme == scheme]
    held, available = sum(sum(v.holds) for v in vouchers), sum(v.available for v in vouchers)
    of = dict.fromkeys(("drafted", "approved", "exported", "paid", "claimed", "written_off"), 0)
    collected = 0
    for settlement in town.settlements:
        if settlement.scheme == scheme:
            collected += settlement.recovered
            if settlement.state in of:
                of[settlement.state] += settlement.cents - settlement.recovered
    netted = sum(
        (m.kind == "netted_out") * m.cents - (m.kind == "netted_in") * m.cents
        for m in town.movements
        if m.scheme == scheme
    )
    unsettled = sum(cents for (its, _), cents in town.unsettled.items() if its == scheme)
    shops = {**of, "unsettled": unsettled, "collected": -collected, "netted": netted}
    shops |= {"claimed": -of["claimed"], "written_off": -of["written_off"]}
    balance = {**moved, "held": held, "available": available}
    return {
        "scheme": scheme,
        "balance": {f"{term}_cents": cents for term, cents in balance.items()},
        "shops": {f"{place}_cents": cents for place, cents in shops.items()},
    }


def test_periods_are_closed_one_by_one_and_never_change(desk: Desk) -> None:
    closings = ("--closings", "closed.json")
    assert "give the file of closed periods" in desk.run("close", "2025-11", *MADE_OF).stderr
    middle = desk.town.movements[len(desk.town.movements) // 2].block
    desk.write(desk.town.movements, middle)
    closed = desk.json("close", "2025-11", *MADE_OF, *closings)
    assert (closed["period"], closed["block"]) == ("2025-11", middle)
    assert "2025-12 is closed at channel zuidhorn" in desk.run("close", "2025-12", *MADE_OF, *closings).stdout
    skipped = desk.run("close", "2026-03", *MADE_OF, *closings)
    assert (skipped.exit_code, "2026-01, not 2026-03" in skipped.stderr) == (1, True)
    assert desk.run("journal", *MADE_OF, *closings, "--period", "2025", "--out", "then.csv").exit_code == 0
    desk.write(desk.town.movements)
    assert desk.run("journal", *MADE_OF, *closings, "--period", "2025", "--out", "now.csv").exit_code == 0
    assert without_stamp("then.csv") == without_stamp("now.csv")
    assert desk.json("check", *MADE_OF, *closings)["closed_until"] == "2025-12"
    mapping = Path("mapping.yaml").read_text()
    Path("mapping.yaml").write_text(mapping.replace('"17010"', '"17011"'))
    changed = desk.json("journal", *MADE_OF, *closings, code=1)["error"]
    assert changed["code"] == "CLOSED_PERIOD_CHANGED"
    assert "2025-11 was closed with" in changed["message"]
    assert desk.json("check", *MADE_OF, *closings, code=1)["agrees"] is False
    Path("mapping.yaml").write_text(mapping)
    desk.write(desk.town.movements, middle - 1)
    assert "take newer ones" in desk.run("close", "2026-01", *MADE_OF, *closings).stderr


def without_stamp(name: str) -> list[list[str]]:
    """The rows of a CSV file without the block that they stand for."""
    rows = csv.reader(StringIO(Path(name).read_text("utf-8-sig")), delimiter=";")
    return [row[:-3] for row in rows]


def test_a_mapping_may_begin_with_a_later_period(desk: Desk) -> None:
    text = Path("mapping.yaml").read_text().replace('"44300"', '"55500"')
    Path("later.yaml").write_text(f'{text}from: "2026-02"\n')
    entries = desk.json("journal", *MADE_OF, "--mapping", "later.yaml")["entries"]
    codes = {(entry["period"] >= "2026-02", line["account"]) for entry in entries for line in entry["lines"]}
    assert {(False, "44300"), (True, "55500")} <= codes
    assert not {(True, "44300"), (False, "55500")} & codes
    Path("later.yaml").write_text(f"{text}from: 2026-02\n")
    assert "from is '2026-02'" not in desk.run("mapping", "later.yaml").stderr
    Path("later.yaml").write_text(f"{text}from: 2027\n")
    assert "from is 2027: it must be a month" in desk.run("mapping", "later.yaml").stderr


def test_a_month_that_is_not_over_cannot_be_closed(desk: Desk) -> None:
    result = desk.run("close", "9998-01", *MADE_OF, "--closings", "closed.json")
    assert (result.exit_code, "9998-01 is not over" in result.stderr) == (1, True)
    assert "is not one month" in desk.run("close", "2026", *MADE_OF, "--closings", "closed.json").stderr
    assert not Path("closed.json").exists()


def test_a_december_without_its_accrual_says_so(desk: Desk) -> None:
    december = [
        m for m in desk.town.movements if time.gmtime(m.time)[:2] <= (2025, 12) and m.time < 1767000000
    ]
    desk.write(december)
    told = desk.run("balance", *MADE_OF, "--period", "2025")
    assert "no accrual at 2025-12-31" in told.stderr
    told = desk.run("balance", *MADE_OF, "--period", "2025", "--through", "2025-12-31")
    assert "no accrual" not in told.stderr
    assert "19010" in told.stdout


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x", "not JSON"),
        ("[]", "not an object"),
        ({"iban": "NL91ABNA0417164300"}, "the member 'iban' is unknown"),
        ({"cents": 1.5}, "cents is missing, or is not a whole number from 0"),
        ({"cents": True}, "cents is missing, or is not a whole number from 0"),
        ({"cents": 0}, "cents is 0"),
        ({"kind": "stolen"}, "the kind 'stolen' is unknown"),
        ({"scheme": "Kindpakket"}, "scheme has another form than on the ledger"),
        ({"category": "Jan Jansen"}, "category has another form than on the ledger"),
        ({"block": 10**9}, "is beyond block"),
        ({"block": 0, "position": 0, "line": 0}, "do not come after"),
        ({"shop": 1}, "shop is missing, or is not a text"),
    ],
    ids=str,
)
def test_a_line_that_is_not_a_movement_is_told_with_its_number(
    desk: Desk, line: str | dict[str, Any], reason: str
) -> None:
    lines = Path("movements.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    added = line if isinstance(line, str) else json.dumps({**last, "line": last["line"] + 1, **line})
    Path("movements.jsonl").write_text("\n".join([*lines, added, "{}"]))
    result = desk.run("journal", *MADE_OF)
    assert result.exit_code == 2
    assert f"line {len(lines) + 1}: " in result.stderr
    assert reason in result.stderr
    assert f"line {len(lines) + 2}: " in result.stderr


def test_files_that_are_something_else_are_refused(desk: Desk) -> None:
    Path("movements.jsonl").write_text('{"format": "x"}\n')
    assert "not a file of movements" in desk.run("journal", *MADE_OF).stderr
    desk.write(desk.town.movements)
    for content in ("x", "[]", '{"version": 2}', '{"version": 1, "channel": "zuidhorn", "closed": [{}]}'):
        Path("closed.json").write_text(content)
        result = desk.run("journal", *MADE_OF, "--closings", "closed.json")
        assert (result.exit_code, "is not a file of closings" in result.stderr) == (2, True), result.output
    missing = desk.run("journal", *MADE_OF, "--closings", "none.json")
    assert (missing.exit_code, "none.json: No such file" in missing.stderr) == (2, True)
    for period in ("2026-13", "x", "2026-02:2026-01", "2026:2027"):
        assert "is not a period" in desk.run("journal", *MADE_OF, "--period", period).stderr
    assert "has the blocks 0 to" in desk.run("journal", *MADE_OF, "--until-block", "999999").stderr
    assert "give --out" in desk.run("journal", *MADE_OF, "--format", "csv").stderr
    assert "--scheme is 'x'" in desk.run("journal", *MADE_OF, "--scheme", "x").stderr


def test_movements_come_from_a_view_or_a_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = ("--mapping", "mapping.yaml")
    nowhere = desk.run("check", *mapping)
    assert (nowhere.exit_code, "--view" in nowhere.stderr) == (2, True), nowhere.output
    missing = desk.run("check", *mapping, "--view", "view.db")
    assert (missing.exit_code, "there is no view view.db" in missing.stderr) == (2, True), missing.output
    with LedgerView("view.db", channel="zuidhorn", chaincode="kindpakket"):
        pass
    monkeypatch.setenv("KINDPAKKET_VIEW", "view.db")
    empty = desk.run("check", *mapping)
    assert (empty.exit_code, "no block" in empty.stderr) == (2, True), empty.output
    assert desk.run("check", *MADE_OF).exit_code == 0


def test_a_file_of_movements_has_what_was_written(desk: Desk) -> None:
    file = MovementFile(Path("movements.jsonl"))
    assert list(file.movements()) == desk.town.movements
    assert file.position().block == desk.town.block
    half = desk.town.block // 2
    assert file.position(half).block_hash == ""
    assert [asdict(m) for m in file.movements(half)] == [
        asdict(m) for m in desk.town.movements if m.block <= half
    ]
    assert desk.json("check", *MADE_OF, "--until-block", str(half))["block_hash"] is None


def test_what_is_written_is_whole_or_not_there(desk: Desk) -> None:
    Path("folder").mkdir()
    result = desk.run("journal", *MADE_OF, "--out", "none/journal.csv")
    assert result.exit_code == 2
    assert "No such file" in result.stderr
    os.mkfifo("pipe.csv")
    assert desk.run("journal", *MADE_OF, "--out", "pipe.csv").exit_code == 0


def test_the_guide_shows_a_month(desk: Desk) -> None:
    """The commands of docs/books.md, in their order, and its program."""
    guide = (Path(__file__).parents[2] / "docs" / "books.md").read_text("utf-8")
    month = guide[guide.index("## A month") : guide.index("## Closed months")]
    commands = [
        line.removeprefix("kindpakket books ").split()
        for line in month.splitlines()
        if line.startswith("kindpakket books ")
    ]
    assert len(commands) == 6
    Path("totals.json").write_text(json.dumps(scheme_totals(desk)))
    for command in commands:
        result = desk.run(*command)
        assert result.exit_code == 0, (command, result.output)
    assert Path("2026-03.xlsx").exists()
    (program,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    exec(compile(program, "books.md", "exec"), {"__name__": "guide"})  # noqa: S102
    assert "2026-03-" in Path("march.csv").read_text("utf-8-sig")
    example = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)[0]
    Path("movements.jsonl").write_text(example)
    assert desk.json("check", *MADE_OF)["block"] == 812
