"""`kindpakket letters`, as it is run: without a network, from any folder."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner, Result
from desk import Command
from story import DOMAIN, SCHEME, VOUCHER

from kindpakket.backoffice.letters import (
    Letter,
    Order,
    Printed,
    Templates,
    VoucherTerms,
    phone_voucher,
    write_letters,
)
from kindpakket.holder import typeable
from kindpakket.holder.booklet import Booklet
from kindpakket.holder.slip import Slip
from kindpakket_cli.main import main

CODE = "0f" * 16


def letters(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["letters", *map(str, arguments)])


def test_a_municipality_changes_the_templates_and_sees_it(tmp_path: Path) -> None:
    own = tmp_path / "own"
    copied = letters("template", own)
    assert copied.exit_code == 0
    assert str(own / "letter.typ") in copied.output.splitlines()
    settings = own / "settings.yaml"
    settings.write_text(settings.read_text().replace('phone: "14 0594"', 'phone: "14 099"'))
    made = letters("sample", tmp_path / "out", "--templates", own, "--json")
    names = [
        "sample-en.pdf",
        "sample-en-without-address.pdf",
        "sample-nl.pdf",
        "sample-nl-without-address.pdf",
    ]
    assert json.loads(made.output) == {"files": [str(tmp_path / "out" / name) for name in names]}
    for name in names:
        page = pypdfium2.PdfDocument(tmp_path / "out" / name)[0]
        text = page.get_textpage().get_text_bounded()
        assert "14 099" in text
        assert ("Retouradres" in text) == ("without" not in name)


def test_mistakes_in_templates_are_listed(tmp_path: Path) -> None:
    letters("template", tmp_path / "own")
    settings = tmp_path / "own" / "settings.yaml"
    settings.write_text(
        settings.read_text().replace("window: left", "window: up").replace("duplex: true", "")
    )
    made = letters("sample", tmp_path / "out", "--templates", tmp_path / "own")
    assert made.exit_code == 2
    assert "settings.yaml, line 11: window is 'up': it must be left or right" in made.output
    assert not (tmp_path / "out").exists()


def test_templates_are_not_written_over(tmp_path: Path) -> None:
    assert letters("template", tmp_path / "own").exit_code == 0
    again = letters("template", tmp_path / "own", "--json")
    assert again.exit_code == 2
    error = json.loads(again.output)["error"]
    assert error["code"] == "FILE"
    assert "is not empty: give a new folder" in error["message"]


def test_a_folder_of_letters_can_be_checked(tmp_path: Path) -> None:
    def make() -> Printed:
        terms = VoucherTerms("S", "p", "w", date(2026, 12, 31))
        voucher, record = phone_voucher(DOMAIN, SCHEME, VOUCHER, terms)
        return Printed(Letter("nl", date(2026, 1, 5), (voucher,)), (record,))

    folder = write_letters([Order("a", make)], tmp_path / "out", Templates.load()).folder
    assert letters("check", folder).output == "The letters are those of the manifest.\n"
    assert json.loads(letters("check", folder, "--json").output) == {"problems": []}
    (folder / "000001.pdf").unlink()
    damaged = letters("check", folder)
    assert (damaged.exit_code, damaged.output) == (1, "000001.pdf is missing: ask for it again\n")
    (folder / "manifest.json").write_text("{}")
    assert letters("check", folder).exit_code == 2


@pytest.mark.parametrize(
    "code", [CODE, CODE.upper(), typeable.encode(typeable.Kind.BLOCK, bytes.fromhex(CODE))]
)
def test_a_holder_blocks_with_the_code_of_the_letter(kindpakket: Command, code: str) -> None:
    kindpakket("voucher", "self-block", SCHEME, VOUCHER, "--user", "till", stdin=f"{code}\n")
    (request,) = kindpakket.desk.requests("voucher:SelfBlock")
    assert request["code"] == CODE


def test_a_wrong_block_code_is_not_sent(kindpakket: Command) -> None:
    code = typeable.encode(typeable.Kind.BLOCK, bytes.fromhex(CODE))
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    result = kindpakket("voucher", "self-block", SCHEME, VOUCHER, "--user", "till", stdin=f"{wrong}\n")
    assert result.exit_code == 2
    assert "group 7 is wrong" in result.output
    assert kindpakket.desk.requests("voucher:SelfBlock") == []


def test_a_till_takes_a_slip_of_its_voucher_only(kindpakket: Command) -> None:
    pay = ("payment", "pay", SCHEME, VOUCHER, "--line", "books=500", "--user", "till")
    page = Booklet.generate(4).page(2)
    kindpakket.desk.answers |= {
        "voucher:Binding": {"kind": "booklet", "version": 1},
        "payment:Pay": {"id": "p"},
    }
    other = kindpakket(*pay, stdin=Slip(SCHEME, "e" * 32, page).as_text() + "\n")
    assert other.exit_code == 2
    assert f"the slip is of voucher {'e' * 32} of scheme {SCHEME}" in other.output
    kindpakket.answer(*pay, stdin=Slip(SCHEME, VOUCHER, page).as_text() + "\n")
    (request,) = kindpakket.desk.requests("payment:Pay")
    assert request["proof"]["page"] == 2
