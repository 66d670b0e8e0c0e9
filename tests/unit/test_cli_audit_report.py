"""`kindpakket audit report`, `request`, `disclose` and `check`, on a peer in memory that serves a story."""

from __future__ import annotations

import json
import stat
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import story as told
import yaml
from bank_files import DEBTOR, SHOPS, Detail, Entry, Page, camt053
from click.testing import CliRunner
from desk import ACCOUNT, Command
from legality_town import closed, opened, peer_of, settled
from story import DAY, DOMAIN, SCHEME, Story

from fabric_gateway._wire import messages as m
from fabric_gateway.testing import ChaincodeRefusal
from forge import write_block_files
from kindpakket.auditor.copies import write_bundle
from kindpakket.auditor.sampling import commitment_of
from kindpakket.backoffice.citizens import Child
from kindpakket.backoffice.register import Purpose, Register
from kindpakket.backoffice.sepa import CreditTransfer, payment_file
from kindpakket.ledger.records import CaseRecord
from kindpakket_cli.main import main

SETTINGS = """
decision: "Raadsbesluit 2025-118"
errors_percent: 1
uncertainties_percent: 3
sampling: {materiality_percent: 60}
"""
PERIOD = ("--from", DAY, "--to", DAY)
CASE = "Z-2026-0001"


@pytest.fixture
def settings(tmp_path: Path) -> str:
    path = tmp_path / "settings.yaml"
    path.write_text(SETTINGS)
    return str(path)


def spent(*amounts: int) -> Story:
    story = opened()
    for cents in amounts or (1500, 700, 900, 1100):
        story.pay(("toys", cents))
    closed(story)
    settled(story)
    return story


def serve(command: Command, story: Story, **options: Any) -> None:
    command.memory._ledger.blocks[:] = peer_of(story, **options).messages


@pytest.fixture
def town(kindpakket: Command) -> Command:
    """The command, on a peer that has the blocks of a story."""
    serve(kindpakket, spent())
    return kindpakket


def test_a_report_is_written_for_its_owner_alone(town: Command, settings: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = town.answer("audit", "report", str(out), *PERIOD, "--settings", settings)
    assert (made["verdict"], made["sums"]["costs"]) == ("within", 4_200)
    assert sorted(Path(file).name for file in made["files"]) == [
        "legality.html",
        "legality.json",
        "legality.xlsx",
    ]
    for file in made["files"]:
        assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600
    assert 'lang="nl"' in (out / "legality.html").read_text()
    document = json.loads((out / "legality.json").read_text())
    assert document["source"]["hash"] == made["as_at"]["hash"]
    again = town("audit", "report", str(out), *PERIOD, "--settings", settings)
    assert (again.exit_code, "exists already" in again.stderr) == (2, True)
    shown = town(
        "audit", "report", str(out), *PERIOD, "--settings", settings, "--overwrite", "--language", "en"
    )
    assert shown.exit_code == 0
    assert "Errors and uncertainties are within the council's limits." in shown.output
    assert 'lang="en"' in (out / "legality.html").read_text()


def test_as_at_a_block_gives_the_same_bytes_later(town: Command, settings: str, tmp_path: Path) -> None:
    asked = ("--settings", settings, *PERIOD)
    first = town.answer("audit", "report", str(tmp_path / "a"), *asked)
    later = spent()
    block = first["as_at"]["block"]
    story_blocks = town.memory._ledger.blocks[:]
    serve(town, later)
    extra = town.memory._ledger.blocks[-1]
    town.memory._ledger.blocks[:] = [*story_blocks, extra]
    town("audit", "report", str(tmp_path / "b"), *asked, "--as-at", str(block))
    for name in ("legality.html", "legality.json", "legality.xlsx"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    missing = town("audit", "report", str(tmp_path / "c"), *asked, "--as-at", "9999", "--json")
    assert json.loads(missing.stderr)["error"]["code"] == "NO_SUCH"


@pytest.fixture
def copies(town: Command, tmp_path: Path) -> list[tuple[str, str]]:
    """The town's blocks, taken home: as block files and as a bundle, each with its option."""
    write_block_files(tmp_path / "blocks", town.memory._ledger.blocks)
    bundle = tmp_path / "bundle.zip"
    write_bundle(bundle, town.memory._ledger.blocks, DOMAIN)
    return [("--blocks", str(tmp_path / "blocks")), ("--bundle", str(bundle))]


def test_copied_blocks_give_the_same_bytes_without_a_home(
    town: Command, copies: list[tuple[str, str]], settings: str, tmp_path: Path
) -> None:
    asked = (*PERIOD, "--settings", settings)
    town.answer("audit", "report", str(tmp_path / "peer"), *asked)
    town("audit", "request", *asked, "--out", str(tmp_path / "peer.json"))
    for number, copy in enumerate(copies):
        place = ("--home", str(tmp_path / "nowhere"), "--chaincode", DOMAIN.chaincode)
        made = CliRunner().invoke(
            main, ["audit", "report", str(tmp_path / f"{number}"), *asked, *copy, *place]
        )
        assert made.exit_code == 0, made.output
        for name in ("legality.html", "legality.json", "legality.xlsx"):
            assert (tmp_path / "peer" / name).read_bytes() == (tmp_path / f"{number}" / name).read_bytes()
        out = tmp_path / f"{number}.json"
        drawn = CliRunner().invoke(main, ["audit", "request", *asked, "--out", str(out), *copy, *place])
        assert drawn.exit_code == 0, drawn.output
        assert out.read_bytes() == (tmp_path / "peer.json").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--as-at", "9999"), "NO_SUCH", "the files have no block 9999: the last one is "),
        (("--channel", "other"), "USAGE", "not of other"),
    ],
)
def test_what_copied_blocks_lack_is_told(
    copies: list[tuple[str, str]],
    settings: str,
    tmp_path: Path,
    arguments: tuple[str, ...],
    code: str,
    sentence: str,
) -> None:
    for copy in copies:
        asked = [*PERIOD, "--settings", settings, *copy, "--chaincode", DOMAIN.chaincode, "--json"]
        result = CliRunner().invoke(main, ["audit", "report", str(tmp_path / "out"), *asked, *arguments])
        error = json.loads(result.stderr)["error"]
        assert (result.exit_code, error["code"], sentence in error["message"]) == (2, code, True), error
        assert not (tmp_path / "out").exists()


def test_the_files_of_an_orderer_do_not_say_what_is_valid(
    town: Command, settings: str, tmp_path: Path
) -> None:
    messages = town.memory._ledger.blocks
    for message in messages:
        message.metadata.metadata[m.common.BlockMetadataIndex.TRANSACTIONS_FILTER] = b""
    write_block_files(tmp_path / "blocks", messages)
    asked = [*PERIOD, "--settings", settings, "--blocks", str(tmp_path / "blocks"), "--json"]
    command = ["audit", "report", str(tmp_path / "out"), *asked, "--chaincode", DOMAIN.chaincode]
    result = CliRunner().invoke(main, command)
    error = json.loads(result.stderr)["error"]
    assert (result.exit_code, error["code"]) == (2, "FILE")
    assert error["message"].startswith("block 0 does not say which of its transactions are valid")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, ""),
        ({"height": 3}, "give --as-at 2, or verify again"),
        ({"channel": "other"}, "is of channel other up to block"),
        ({"head": "ab" * 32}, "is of another ledger"),
    ],
)
def test_findings_are_of_the_blocks_that_the_report_is_about(
    town: Command, settings: str, tmp_path: Path, changed: dict[str, object], sentence: str
) -> None:
    asked = (*PERIOD, "--settings", settings)
    town("audit", "report", str(tmp_path / "a"), *asked)
    source = json.loads((tmp_path / "a/legality.json").read_text())["source"]
    verified = {"channel": source["channel"], "height": source["height"], "head": source["hash"]} | changed
    findings = tmp_path / "findings.jsonl"
    findings.write_text(json.dumps({"verified": verified}) + "\n")
    result = town("audit", "report", str(tmp_path / "b"), *asked, "--findings", str(findings))
    assert sentence in result.output + result.stderr
    assert (tmp_path / "b").exists() == (not sentence)


def test_too_many_errors_end_with_1(kindpakket: Command, settings: str, tmp_path: Path) -> None:
    serve(kindpakket, spent(), cases=False)
    result = kindpakket("audit", "report", str(tmp_path / "out"), *PERIOD, "--settings", settings)
    assert result.exit_code == 1
    assert "Errors are above the council's limit." in result.output


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--from", DAY), "USAGE", "--from and --to belong together"),
        ((), "USAGE", "give --from and --to"),
        (("--scheme", SCHEME), "USAGE", "is open, not closed"),
        (("--from", "2026-03-11", "--to", DAY), "USAGE", "after its end"),
        ((*PERIOD, "--number", "7" * 32), "USAGE", "leave the number out"),
        ((*PERIOD, "--no-sample", "--checked", __file__), "USAGE", "leave out --no-sample"),
        ((*PERIOD, "--checked", __file__), "FILE", "is not JSON"),
        ((*PERIOD, "--findings", __file__), "USAGE", "what was verified"),
        ((*PERIOD, "--payments", __file__), "FILE", ""),
    ],
)
def test_what_cannot_be_reported_writes_nothing(
    town: Command, settings: str, tmp_path: Path, arguments: tuple[str, ...], code: str, sentence: str
) -> None:
    out = tmp_path / "out"
    result = town("audit", "report", str(out), *arguments, "--settings", settings, "--json")
    error = json.loads(result.stderr)["error"]
    assert (result.exit_code, error["code"]) == (2, code), error
    assert sentence in error["message"]
    assert not out.exists()


def test_lines_of_the_banks_files_are_evidence_whatever_the_files_are_called(
    kindpakket: Command, settings: str, tmp_path: Path
) -> None:
    story = opened()
    story.pay(("toys", 1500))
    closed(story)
    settlement = settled(story)
    serve(kindpakket, story)
    transfers = [CreditTransfer(settlement, "Boekhandel", SHOPS[0], 1500, "Kindpakket")]
    created = datetime(2026, 3, 11, 12, tzinfo=UTC)
    paid = payment_file(DEBTOR, transfers, created_at=created, execution_date=date(2026, 3, 12))
    detail = Detail(cents=1500, end_to_end=settlement)
    booked = camt053(Page([Entry(-1500, [detail], value_date="2026-03-12", booked_on="2026-03-12")]))
    reports = []
    for names in (("pay.xml", "day.xml"), ("a-copy.xml", "0.xml")):
        folder = tmp_path / names[0].removesuffix(".xml")
        folder.mkdir()
        for name, content in zip(names, (paid.content, booked), strict=True):
            (folder / name).write_bytes(content)
        files = ("--payments", str(folder / names[0]), "--statement", str(folder / names[1]))
        out = folder / "out"
        kindpakket.answer("audit", "report", str(out), *PERIOD, "--settings", settings, *files)
        reports.append((out / "legality.html").read_bytes())
    assert reports[0] == reports[1]
    document = json.loads((out / "legality.json").read_text())
    (item,) = document["sample"]["items"]
    (order,), (line,) = item["settlement"]["orders"], item["settlement"]["bank_lines"]
    assert (order["cents"], order["day"], order["file_sha256"]) == (1500, "2026-03-12", paid.sha256)
    assert (line["cents"], line["day"]) == (-1500, "2026-03-12")
    assert document["inputs"]["payment_files"] == [paid.sha256]
    assert not {"payment-files", "statements"} & set(document["not_tested"])
    assert SHOPS[0] not in reports[0].decode()


def test_mistakes_in_settings_are_told(town: Command, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("errors_percent: 1\n")
    result = town("audit", "report", str(tmp_path / "out"), *PERIOD, "--settings", str(path), "--json")
    error = json.loads(result.stderr)["error"]
    assert (error["code"], "decision is missing" in error["message"]) == ("FILE", True)


def test_before_the_period_is_closed_there_is_no_sample(
    kindpakket: Command, settings: str, tmp_path: Path
) -> None:
    story = opened()
    story.pay(("toys", 1500))
    serve(kindpakket, story)
    made = kindpakket.answer("audit", "report", str(tmp_path / "out"), *PERIOD, "--settings", settings)
    assert made["sample"] is None
    asked = kindpakket("audit", "request", *PERIOD, "--settings", settings, "--out", str(tmp_path / "r.json"))
    assert (asked.exit_code, "can still book payments" in asked.stderr) == (2, True)
    assert not (tmp_path / "r.json").exists()


# a sample from its request to the report


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A register whose only child has the story's voucher."""
    path = tmp_path / "register.db"
    child = Child("123456782", "Anna", "de Vries", date(2015, 5, 1), "1", CASE, "child", 1)
    with Register(str(path), purpose=Purpose("intake", "test")) as made:
        (bulk,) = made.enrol(SCHEME, "2026", [child])
        (entry,) = bulk.entries
        case: CaseRecord = {"voucher": entry.voucher, "case": CASE, "salt": entry.salt}
        monkeypatch.setattr(told, "VOUCHER", entry.voucher)
        monkeypatch.setattr("legality_town.case_of", lambda _: case)
    return str(path)


def test_a_sample_is_asked_for_disclosed_checked_and_evaluated(
    kindpakket: Command, settings: str, register: str, tmp_path: Path
) -> None:
    serve(kindpakket, spent())
    kindpakket.desk.answers["shop:Account"] = ACCOUNT
    files = {
        name: tmp_path / name for name in ("request.json", "disclosed.json", "checked.json", "judged.yaml")
    }
    asked = kindpakket.answer(
        *("audit", "request", *PERIOD, "--settings", settings, "--out", str(files["request.json"])),
        *("--judgements", str(files["judged.yaml"])),
    )
    drawn = [item["payment"] for item in asked["items"]]
    assert drawn

    disclosed = kindpakket.answer(
        *("audit", "disclose", str(files["request.json"]), "--register", register, "--reason", "audit-2026"),
        *("--out", str(files["disclosed.json"])),
    )
    assert (disclosed["cases"], disclosed["accounts"], disclosed["missing"]) == (len(drawn), 1, 0)
    assert stat.S_IMODE(files["disclosed.json"].stat().st_mode) == 0o600
    content = json.loads(files["disclosed.json"].read_text())
    assert "contains personal data" in content["warning"]
    assert (content["cases"][0]["record"]["case"], content["disclosed_by"]) == (CASE, "p-manager")
    lines = [
        json.loads(line)
        for line in kindpakket("register", "log", "--register", register, "--json").stdout.splitlines()
    ]
    looked = [line for line in lines if line["attributes"]["kindpakket.reason"] == "audit-2026"]
    assert len(looked) >= 1
    assert {line["name"] for line in looked} == {"voucher.find"}

    checked = kindpakket.answer(
        *("audit", "check", str(files["disclosed.json"]), "--request", str(files["request.json"])),
        *("--out", str(files["checked.json"])),
    )
    assert [(item["case"], item["account"]) for item in checked["items"]] == [("matches", "matches")] * len(
        drawn
    )
    for personal in (CASE, ACCOUNT["iban"], ACCOUNT["holder"]):
        assert personal not in files["checked.json"].read_text()

    form = files["judged.yaml"].read_text()
    arguments = (
        *("audit", "report", str(tmp_path / "out"), *PERIOD, "--settings", settings),
        *("--checked", str(files["checked.json"]), "--judgements", str(files["judged.yaml"])),
    )
    empty = kindpakket(*arguments)
    assert (empty.exit_code, "must be judged right" in empty.stderr) == (2, True)
    assert set(yaml.safe_load(form)) == set(drawn)
    files["judged.yaml"].write_text(yaml.safe_dump(dict.fromkeys(drawn, "right")))
    made = kindpakket.answer(*arguments)
    document = json.loads((tmp_path / "out" / "legality.json").read_text())
    assert (made["verdict"], document["sample"]["evaluation"]["error"]["most_likely"]) == ("within", 0)
    assert "entitlement-beyond" in document["not_tested"]


def test_records_that_differ_are_told_and_end_with_1(
    kindpakket: Command, settings: str, register: str, tmp_path: Path
) -> None:
    serve(kindpakket, spent())
    kindpakket.desk.answers["shop:Account"] = {**ACCOUNT, "iban": "NL02ABNA0123456789"}
    paths = [str(tmp_path / name) for name in ("r.json", "d.json", "c.json")]
    kindpakket("audit", "request", *PERIOD, "--settings", settings, "--out", paths[0])
    kindpakket("audit", "disclose", paths[0], "--register", register, "--reason", "audit", "--out", paths[1])
    result = kindpakket("audit", "check", paths[1], "--request", paths[0], "--out", paths[2])
    assert result.exit_code == 1
    assert "differs" in result.output
    assert "NL02ABNA0123456789" not in result.output


def test_who_may_not_read_accounts_looks_nobody_up(
    kindpakket: Command, settings: str, register: str, tmp_path: Path
) -> None:
    serve(kindpakket, spent())
    request, out = tmp_path / "r.json", tmp_path / "d.json"
    kindpakket("audit", "request", *PERIOD, "--settings", settings, "--out", str(request))
    asked = (
        "audit",
        "disclose",
        str(request),
        "--register",
        register,
        "--reason",
        "audit",
        "--out",
        str(out),
    )
    kindpakket.desk.answers["shop:Account"] = ChaincodeRefusal(
        "ROLE_REQUIRED: only an approver may do this {}"
    )
    assert (kindpakket(*asked).exit_code, out.exists()) == (1, False)
    assert "audit-disclosure" not in kindpakket("register", "log", "--register", register, "--json").stdout
    kindpakket.desk.answers["shop:Account"] = ChaincodeRefusal("ACCOUNT_MISSING: it was purged {}")
    assert kindpakket.answer(*asked)["missing"] == 1


def test_nothing_is_disclosed_for_payments_that_were_not_drawn(
    kindpakket: Command, settings: str, register: str, tmp_path: Path
) -> None:
    from kindpakket.auditor.disclosure import sealed

    serve(kindpakket, spent())
    path = tmp_path / "r.json"
    kindpakket("audit", "request", *PERIOD, "--settings", settings, "--out", str(path))
    picked = {name: member for name, member in json.loads(path.read_text()).items() if name != "sha256"}
    picked["items"] = [*picked["items"], {**picked["items"][0], "payment": "f" * 32}]
    path.write_text(json.dumps(sealed(picked)))
    out = tmp_path / "d.json"
    result = kindpakket(
        *("audit", "disclose", str(path), "--register", register, "--reason", "audit", "--out", str(out))
    )
    assert (result.exit_code, "not those drawn by its own rule" in result.stderr) == (2, True)
    assert not out.exists()
    log = kindpakket("register", "log", "--register", register, "--json").stdout
    assert "audit-disclosure" not in log


def test_the_auditors_own_number_is_given_with_its_commitment(
    town: Command, settings: str, tmp_path: Path
) -> None:
    number = "0123456789abcdef" * 2
    committed = SETTINGS.replace("{", f"{{number_commitment: {commitment_of(number)}, ")
    Path(settings).write_text(committed)
    out = str(tmp_path / "r.json")
    town.answer("audit", "request", *PERIOD, "--settings", settings, "--number", number, "--out", out)
    assert json.loads(Path(out).read_text())["number"] == number
