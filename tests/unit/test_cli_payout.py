"""`kindpakket payout`: everything that is due, in all schemes, by two persons, interrupted at any step."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bank_files import pain002
from click.testing import Result
from desk import ACCOUNT, Command
from lxml import etree
from payouts import DEBTOR, IBANS, SCHEMES, SHOPS, Payouts, refusal

from kindpakket.backoffice.bank.orders import read_orders
from kindpakket.backoffice.payments.days import is_target_day
from kindpakket.ledger.days import today
from kindpakket.ledger.records import ShopAccount

DAY = "2099-03-11"


class Treasury:
    """The command, its ledger, its register and its files."""

    def __init__(self, command: Command, folder: Path) -> None:
        self.command = command
        self.folder = folder
        self.ledger = Payouts(command.desk)
        self.register = ("--register", str(folder / "register.db"))

    def __call__(self, *arguments: str) -> Result:
        return self.command("payout", *arguments, *self.register)

    def answer(self, *arguments: str, code: int = 0) -> Any:
        result = self(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout if code in (0, 1) and result.stdout else result.stderr)

    def export(self, name: str = "pay.xml", *arguments: str) -> tuple[str, ...]:
        return ("export", "--file", str(self.folder / name), *DEBTOR, "--execution-date", DAY, *arguments)

    def approved(self) -> None:
        """Run and approve."""
        assert self("run").exit_code == 0
        assert self("approve", "--yes").exit_code == 0


@pytest.fixture
def treasury(kindpakket: Command, tmp_path: Path) -> Treasury:
    made = Treasury(kindpakket, tmp_path)
    made.ledger.owed = {
        (SCHEMES[0], SHOPS[0]): 6_637_025,
        (SCHEMES[0], SHOPS[1]): 1_200,
        (SCHEMES[1], SHOPS[0]): 3_450,
        (SCHEMES[1], SHOPS[2]): 99,
    }
    return made


def payments(path: Path) -> list[tuple[str, int]]:
    return sorted((order.account, order.cents) for order in read_orders(path.read_bytes()))


def test_a_run_drafts_what_is_due_in_all_schemes_and_says_what_it_leaves_out(treasury: Treasury) -> None:
    treasury.ledger.shops[SHOPS[1]] |= {"payout_frozen_by": "p-manager", "payout_freeze_reason": "inquiry"}
    dry = treasury.command.answer("payout", "run", "--dry-run")
    assert [each["cents"] for each in dry["due"]] == [6_637_025, 3_450]
    assert treasury.ledger.settlements == {}
    done = treasury.command.answer("payout", "run")
    assert (done["settlements"], done["cents"]) == (2, 6_640_475)
    assert {(left["shop"], left["why"]) for left in done["left_out"]} == {
        (SHOPS[1], "payout-frozen"),
        (SHOPS[2], "not-due"),
    }
    assert done["to_approve"] == {"settlements": 2, "cents": 6_640_475}
    again = treasury.command.answer("payout", "run")
    assert (again["settlements"], again["to_approve"]["settlements"]) == (0, 2)
    assert treasury.ledger.states() == {"drafted": 6_640_475}


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"state": "suspended", "state_reason": "complaint"}, "suspended"),
        ({"account_change": {"id": "9" * 32}}, "account-change"),
    ],
)
def test_shops_that_may_not_be_paid_now_are_left_out_at_each_step(
    treasury: Treasury, members: dict[str, Any], why: str
) -> None:
    treasury.approved()
    treasury.ledger.owed[SCHEMES[0], SHOPS[0]] = 500
    treasury.ledger.shops[SHOPS[0]] |= members
    assert [left["why"] for left in treasury.command.answer("payout", "run")["left_out"]] == [why, "not-due"]
    exported = treasury.answer(*treasury.export())
    assert [left["why"] for left in exported["left_out"]] == [why, why]
    assert (exported["payments"], exported["cents"]) == (1, 1_200)
    shown = " ".join(treasury.command("payout", "status").stdout.split())
    assert "€ 66,404.75" in shown


def test_what_the_ledger_refuses_of_one_shop_stops_no_other(treasury: Treasury) -> None:
    treasury.ledger.fail("_draft", refusal("SETTLEMENT_NOT_DUE"))
    done = treasury.command("payout", "run", "--json")
    assert done.exit_code == 1
    document = json.loads(done.stdout)
    assert document["settlements"] == 2
    assert [left["why"] for left in document["left_out"]] == ["not-due", "refused"]


def test_another_person_approves_after_seeing_amounts_and_accounts(treasury: Treasury) -> None:
    treasury("run")
    result = treasury.command("payout", "approve", stdin="n\n")
    assert result.exit_code == 1
    assert treasury.ledger.states().keys() == {"drafted"}
    shown = " ".join(result.output.split())
    assert "€ 66,370.25" in shown
    assert "Approve 3 settlements of € 66,416.75?" in shown
    assert f"{IBANS[0][:4]} … {IBANS[0][-4:]}" in shown
    assert IBANS[0] not in shown
    own = treasury.command.answer("payout", "approve", "--yes", "--user", "treasurer")
    assert [left["why"] for left in own["left_out"]] == ["own-work"] * 3
    done = treasury.command.answer("payout", "approve", "--yes")
    assert (done["settlements"], done["cents"]) == (3, 6_641_675)
    assert treasury.command("payout", "approve", "--json").exit_code == 0  # nothing is left to be asked about


def test_one_file_pays_all_schemes_and_the_ledger_has_its_hash(treasury: Treasury) -> None:
    treasury.approved()
    answer = treasury.answer(*treasury.export())
    content = (treasury.folder / "pay.xml").read_bytes()
    assert payments(treasury.folder / "pay.xml") == [
        (IBANS[1], 1_200),
        (IBANS[0], 3_450),
        (IBANS[0], 6_637_025),
    ]
    assert content.count(b"<PmtInf>") == 1
    assert {record["file_sha256"] for record in treasury.ledger.settlements.values()} == {answer["sha256"]}
    assert (treasury.folder / "pay.xml").stat().st_mode & 0o777 == 0o600
    assert b"regeling-b t/m 2026-03-10" in content
    again = treasury.answer(
        "export", "--file", str(treasury.folder / "again.xml"), "--again", answer["sha256"]
    )
    assert (treasury.folder / "again.xml").read_bytes() == content
    assert again["created_at"] == answer["created_at"]
    nothing = treasury.answer(*treasury.export("more.xml"))
    assert (nothing["file"], nothing["payments"]) == (None, 0)


def test_the_command_of_earlier_versions_pays_one_scheme(treasury: Treasury) -> None:
    treasury.approved()
    _, *arguments = treasury.export()
    old = ("settlement", "export", SCHEMES[0], *arguments)
    result = treasury.command(*old)
    assert result.exit_code == 0, result.output
    register = treasury.command.home / "register.db"
    assert f"{register} keeps the payment file" in result.stderr
    assert payments(treasury.folder / "pay.xml") == [(IBANS[1], 1_200), (IBANS[0], 6_637_025)]
    assert register.is_file()
    # The other scheme is paid from the register that is named.
    rest = treasury.command(
        "settlement", "export", SCHEMES[1], *treasury.export("rest.xml")[1:], *treasury.register
    )
    assert (rest.exit_code, payments(treasury.folder / "rest.xml")) == (0, [(IBANS[0], 3_450)]), rest.output
    assert "  export " not in treasury.command("settlement", "--help").stdout


def test_schemes_with_accounts_of_their_own_are_groups_of_one_file(treasury: Treasury) -> None:
    treasury.approved()
    settings = treasury.folder / "payout.yaml"
    settings.write_text(
        "debtor: {name: Gemeente Zuidhorn, iban: NL91ABNA0417164300, bic: ABNANL2A}\n"
        f"schemes:\n  {SCHEMES[1]}:\n"
        "    debtor: {name: Gemeente Zuidhorn, iban: NL44RABO0123456789, bic: RABONL2U}\n"
        'remittance: "{reference} {through}"\n'
        f"references:\n  {SHOPS[0]}: DEB-7\n  {SHOPS[1]}: DEB-8\n"
        "schema: pain.001.001.03\nbatch_booking: true\n"
    )
    path = treasury.folder / "pay.xml"
    arguments = ("export", "--file", str(path), "--settings", str(settings), "--execution-date", DAY)
    assert treasury.answer(*arguments)["payments"] == 3
    root = etree.fromstring(path.read_bytes())
    assert [element.text for element in root.findall(".//{*}PmtInf/{*}CtrlSum")] == ["34.50", "66382.25"]
    assert root.findtext(".//{*}GrpHdr/{*}CtrlSum") == "66416.75"
    assert root.findtext(".//{*}GrpHdr/{*}NbOfTxs") == "3"
    ids = [element.text or "" for element in root.findall(".//{*}PmtInfId")]
    assert [name[-2:] for name in ids] == ["-1", "-2"]
    orders = read_orders(path.read_bytes())
    assert {order.debtor for order in orders} == {"NL44RABO0123456789", "NL91ABNA0417164300"}
    assert b"DEB-7 2026-03-10" in path.read_bytes()


def test_nothing_approved_waits_for_another_person(treasury: Treasury) -> None:
    treasury("run")
    result = treasury(*treasury.export())
    assert result.exit_code == 5
    assert (
        "3 of € 66,416.75 drafted, which another person approves with kindpakket payout approve"
        in result.stderr
    )
    assert not list(treasury.folder.glob("*.xml*"))


@pytest.mark.parametrize("step", range(4))
def test_an_export_that_was_interrupted_finishes_its_file(
    treasury: Treasury, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """The first call ends after the register has the file, after one scheme, after both, before the note."""
    from kindpakket.backoffice.payout import exporting
    from kindpakket.backoffice.register import BankBooks

    treasury.approved()
    with monkeypatch.context() as patch:
        if step < 2:
            errors = [None] * step + [KeyboardInterrupt()]
            real = exporting._mark

            def mark(*arguments: Any) -> None:
                if (error := errors.pop(0)) is not None:
                    raise error
                real(*arguments)

            patch.setattr(exporting, "_mark", mark)
        else:
            name, target = (("release", exporting), ("set_state", BankBooks))[step - 2]

            def stop(*_: Any) -> None:
                raise KeyboardInterrupt

            patch.setattr(target, name, stop)
        assert treasury(*treasury.export()).exit_code == 4
    assert (treasury.folder / "pay.xml").exists() == (step == 3)
    assert treasury("status").exit_code == 1
    sent = len(treasury.command.desk.requests("settlement:Export"))
    answer = treasury.answer(*treasury.export())
    assert answer["resumed"] is True
    assert answer["payments"] == 3
    assert treasury.ledger.states() == {"exported": 6_641_675}
    assert {record["file_sha256"] for record in treasury.ledger.settlements.values()} == {answer["sha256"]}
    assert len(treasury.command.desk.requests("settlement:Export")) == (2 if step < 2 else sent)
    assert treasury("status").exit_code == 0
    assert treasury.answer(*treasury.export("more.xml"))["file"] is None


def test_a_file_of_which_nothing_was_marked_is_forgotten(treasury: Treasury) -> None:
    treasury.approved()
    treasury.ledger.fail("_export", refusal("PAYOUT_FROZEN", "shop is frozen"))
    refused = treasury.answer(*treasury.export(), code=1)["error"]
    assert (refused["code"], refused["marked"]) == ("EXPORT_STOPPED", 0)
    assert "run it again, and a new file is made" in refused["message"]
    assert not list(treasury.folder.glob("*.xml*"))
    assert treasury.answer(*treasury.export())["payments"] == 3


def test_a_file_of_which_a_part_was_marked_is_cancelled_and_paid_by_the_next_run(treasury: Treasury) -> None:
    treasury.approved()
    real = treasury.command.desk.answers["settlement:Export"]
    calls = []

    def second_fails(request: dict[str, Any]) -> Any:
        calls.append(request)
        if len(calls) == 2:
            raise refusal("PAYOUT_FROZEN", "shop is frozen")
        return real(request)

    treasury.command.desk.answers["settlement:Export"] = second_fails
    refused = treasury.answer(*treasury.export(), code=1)["error"]
    assert refused["marked"] == 2
    assert "must not be sent" in refused["message"]
    assert not (treasury.folder / "pay.xml").exists()
    treasury.command.desk.answers["settlement:Export"] = real
    # The request that was refused can no longer take effect.
    assert treasury(*treasury.export()).exit_code == 1
    cancelled = treasury.answer("cancel", refused["sha256"], "--yes")
    assert (cancelled["settlements"], cancelled["cents"]) == (2, 6_638_225)
    assert treasury.ledger.states() == {"approved": 3_450, "rejected": 6_638_225}
    treasury.approved()
    assert treasury.answer(*treasury.export())["cents"] == 6_641_675
    assert treasury.ledger.total() == 6_641_675 + 99


def test_an_account_that_is_not_the_one_that_was_agreed_on_is_not_paid(treasury: Treasury) -> None:
    treasury.approved()
    other: ShopAccount = {**treasury.ledger.accounts[SHOPS[1]], "iban": IBANS[2]}
    right = treasury.ledger.accounts[SHOPS[1]]
    treasury.ledger.accounts[SHOPS[1]] = other
    result = treasury(*treasury.export())
    assert result.exit_code == 2
    assert f"shop {SHOPS[1]}: the account in the private collection is not the one" in result.stderr
    assert IBANS[2] not in result.stderr
    assert treasury.ledger.states().keys() == {"approved"}
    treasury.ledger.accounts[SHOPS[1]] = right
    # It changes between the making of the file and its export.
    real = treasury.command.desk.answers["settlement:Export"]

    def changed(request: dict[str, Any]) -> Any:
        treasury.ledger.shops[SHOPS[0]]["account_sha256"] = "0" * 64
        return real(request)

    treasury.command.desk.answers["settlement:Export"] = changed
    refused = treasury.answer(*treasury.export(), code=1)["error"]
    assert "changed while the file was being made" in refused["message"]
    assert not (treasury.folder / "pay.xml").exists()


def test_a_payee_whose_name_the_bank_did_not_know_is_pointed_out(treasury: Treasury) -> None:
    treasury.approved()
    answer = treasury.answer(*treasury.export())
    first = next(record for record in treasury.ledger.settlements.values() if record["shop"] == SHOPS[1])
    report = treasury.folder / "vop.xml"
    said = pain002(answer["message_id"], payments=[(first["id"], "RVMC", "")])
    named = b"<TxSts>RVMC</TxSts><StsRsnInf><AddtlInf>Jan Boekhandel</AddtlInf></StsRsnInf>"
    report.write_bytes(said.replace(b"<TxSts>RVMC</TxSts>", named))
    booked = treasury.command("bank", "book", str(report), *treasury.register)
    assert booked.exit_code == 0, booked.output
    assert "Boekhandel" not in booked.output
    account = treasury.command.answer("shop", "account", SHOPS[1], *treasury.register)
    check = account["payee_check"]
    assert (check["result"], check["said"], check["of_this_account"]) == (
        "close-match",
        "Jan Boekhandel",
        True,
    )
    assert "payee_check" not in treasury.command.answer("shop", "account", SHOPS[1])
    log = treasury.command("register", "log", *treasury.register).stdout
    assert "shop.payee" in log
    treasury.ledger.owed[SCHEMES[0], SHOPS[1]] = 700
    warned = treasury.answer("run")
    assert [(warning["shop"], warning["result"]) for warning in warned["payee_warnings"]] == [
        (SHOPS[1], "close-match")
    ]
    assert "account holder's name is almost the one that it knows" in treasury("approve", "--yes").stdout
    # What was found about an earlier account does not count.
    treasury.ledger.shops[SHOPS[1]]["account_sha256"] = "1" * 64
    assert treasury.answer("run")["payee_warnings"] == []
    content = (treasury.folder / "register.db").read_bytes()
    assert b"Jan Boekhandel" not in content
    assert IBANS[1].encode() not in content


def test_the_status_shows_each_stage_and_the_files_that_are_open(treasury: Treasury) -> None:
    treasury.approved()
    treasury.answer(*treasury.export())
    treasury.ledger.owed[SCHEMES[0], SHOPS[1]] = 700
    document = treasury.answer("status")
    assert [(stage["stage"], stage["cents"]) for stage in document["stages"]] == [
        ("due", 700),
        ("drafted", 0),
        ("approved", 0),
        ("exported", 6_641_675),
    ]
    (file,) = document["files"]
    assert (file["settlements"], file["execution_date"], file["state"]) == ({"exported": 3}, DAY, "exported")
    assert "€ 66,416.75" in treasury("status").stdout


def test_a_payment_file_says_what_shops_read_on_the_next_day_on_which_banks_pay(treasury: Treasury) -> None:
    treasury.approved()
    path = treasury.folder / "pay.xml"
    text = ("--remittance", "{reference} {period} {settlement}", "--shop-reference", f"{SHOPS[0]}=DEB-7 & co")
    form = ("--scheme", SCHEMES[1], "--schema", "pain.001.001.03", "--batch-booking")
    answer = treasury.answer("export", "--file", str(path), *DEBTOR, *text, *form)
    day = date.fromisoformat(answer["execution_date"])
    assert day > today()
    assert is_target_day(day)
    content = path.read_text()
    (paid,) = [record for record in treasury.ledger.settlements.values() if record["state"] == "exported"]
    assert f"<Ustrd>DEB-7 + co 2026-03-10 {paid['id']}</Ustrd>" in content
    assert f"<ReqdExctnDt>{day}</ReqdExctnDt>" in content
    assert "<BtchBookg>true</BtchBookg>" in content


AGAIN = ("--again", "0" * 64)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--execution-date", "2026-03-11"), "2026-03-11 is over"),
        (("--execution-date", "2099-03-14"), "no bank pays on 2099-03-14, a Saturday"),
        (("--remittance", "{child}"), "the template has {child}"),
        (("--remittance", "{reference}"), "the remittance text has 0 characters"),
        (("--shop-reference", "DEB-7"), "is not SHOP=TEXT"),
        (("--shop-reference", "a=1", "--shop-reference", "a=2"), "gives two for shop a"),
        (("--layout", "1"), "--created-at and --layout are for --again"),
        (("--created-at", "2026-03-11T12:00:00Z"), "--created-at and --layout are for --again"),
        (AGAIN, "no settlement was exported in a file with the hash"),
        ((*AGAIN, "--created-at", "noon"), "is not an instant"),
        ((*AGAIN, "--created-at", "2026-03-11T12:00:00"), "has no time zone"),
    ],
)
def test_a_payment_file_that_cannot_be_made_is_not_exported(
    treasury: Treasury, arguments: tuple[str, ...], sentence: str
) -> None:
    treasury.approved()
    result = treasury(*treasury.export("pay.xml", *arguments))
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert not any(text in result.stderr for text in (*IBANS, ACCOUNT["holder"]))
    assert not treasury.command.desk.requests("settlement:Export")
    assert list(treasury.folder.glob("*.xml*")) == []


def test_a_file_that_the_register_does_not_have_is_made_again_from_the_ledger(treasury: Treasury) -> None:
    treasury.approved()
    first = treasury.answer(*treasury.export())
    treasury.register = ("--register", str(treasury.folder / "another.db"))
    then = ("--again", first["sha256"], "--created-at", first["created_at"])
    assert treasury.answer(*treasury.export("again.xml", *then))["sha256"] == first["sha256"]
    assert (treasury.folder / "again.xml").read_bytes() == (treasury.folder / "pay.xml").read_bytes()
    assert len(treasury.command.desk.requests("settlement:Export")) == 2
    other = treasury(*treasury.export("other.xml", *then[:3], "2026-03-11T12:00:00Z"))
    assert other.exit_code == 2
    assert "the file would have the hash" in other.stderr
    path = str(treasury.folder / "other.xml")
    lacking = treasury("export", "--file", path, *DEBTOR, *then[:2])
    assert "the register does not have the file" in lacking.stderr
    assert not (treasury.folder / "other.xml").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- a", "there are no settings"),
        ("debtr: 1", "'debtr' is unknown"),
        ("debtor: {name: x}", "debtor must have name, iban, bic"),
        ("debtor: {name: x, iban: 1, bic: y}", "not a text"),
        ("schemes: {x: {debtor: 1}}", "schemes has 'x'"),
        ("remittance: '{child}'", "the template has {child}"),
        ("schema: pain.001.001.02", "schema is 'pain.001.001.02'"),
        ("batch_booking: yes please", "write true or false"),
        ("references: {x: y}", "references has 'x'"),
        ("debtor: {", "is not YAML"),
    ],
)
def test_settings_that_cannot_be_used_are_told(treasury: Treasury, text: str, sentence: str) -> None:
    settings = treasury.folder / "payout.yaml"
    settings.write_text(text)
    path = treasury.folder / "pay.xml"
    result = treasury("export", "--file", str(path), "--settings", str(settings))
    assert result.exit_code == 2, result.output
    assert sentence in result.stderr


def test_a_part_of_an_account_is_not_an_account(treasury: Treasury) -> None:
    treasury.approved()
    path = str(treasury.folder / "pay.xml")
    assert "give --name, --iban and --bic together" in treasury("export", "--file", path, *DEBTOR[:2]).stderr
    assert "no account pays scheme" in treasury("export", "--file", path).stderr
    (treasury.folder / "pay.xml").write_text("mine")
    assert "already exists: give another file" in treasury(*treasury.export()).stderr
    assert (treasury.folder / "pay.xml").read_text() == "mine"
