"""Typed pages at tills: found by the file of printed pages, and a wrong group is named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from desk import Command
from fake_ledger import FakeLedger
from hypothesis import given
from hypothesis import strategies as st
from story import SCHEME, SHOP, VOUCHER

from kindpakket.holder.booklet import Booklet
from kindpakket.holder.printed_pages import PrintedPages, read_code
from kindpakket.holder.slip import Slip
from kindpakket.shop import Shop

OTHER = "e" * 32
BOOKLET = Booklet.generate(6)
PAY = ("payment", "pay", "--line", "books=500", "--user", "till")


def printed(folder: Path, *booklets: tuple[str, Booklet]) -> Path:
    path = folder / "pages.jsonl"
    lines = [
        {"scheme": SCHEME, "voucher": voucher, "public_keys": [key.hex() for key in booklet.public_keys]}
        for voucher, booklet in booklets
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return printed(tmp_path, (OTHER, Booklet.generate(4)), (VOUCHER, BOOKLET))


@given(
    number=st.integers(1, 5),
    upper=st.booleans(),
    between=st.sampled_from([" ", "-", "", "  "]),
)
def test_a_typed_page_is_the_scanned_one(
    tmp_path_factory: pytest.TempPathFactory, number: int, upper: bool, between: str
) -> None:
    pages = PrintedPages(printed(tmp_path_factory.getbasetemp(), (VOUCHER, BOOKLET)))
    slip = Slip(SCHEME, VOUCHER, BOOKLET.page(number))
    typed = BOOKLET.typed_page(number).as_text().replace(" ", between)
    assert read_code(typed if upper else typed.lower(), pages) == slip
    assert read_code(slip.as_text(), pages) == read_code(slip.as_text()) == slip
    assert read_code(BOOKLET.page(number).as_text()) == BOOKLET.page(number)


@given(number=st.integers(1, 5), place=st.integers(0, 34), symbol=st.sampled_from("0123456789ABCDEFGHJK"))
def test_one_wrong_symbol_is_found_in_its_group(
    tmp_path_factory: pytest.TempPathFactory, number: int, place: int, symbol: str
) -> None:
    pages = PrintedPages(printed(tmp_path_factory.getbasetemp(), (VOUCHER, BOOKLET)))
    symbols = BOOKLET.typed_page(number).as_text().replace(" ", "")
    wrong = symbols[:place] + symbol + symbols[place + 1 :]
    if wrong == symbols:
        return
    with pytest.raises(ValueError, match=f"group {place // 5 + 1} is wrong, of 7") as refused:
        read_code(wrong, pages)
    assert wrong not in str(refused.value)


def test_a_page_of_no_known_booklet_is_refused(file: Path) -> None:
    stranger = Booklet.generate(4).typed_page(1).as_text()
    with pytest.raises(ValueError, match="no booklet in") as refused:
        read_code(stranger, PrintedPages(file))
    assert stranger not in str(refused.value)
    with pytest.raises(ValueError, match="needs the municipality's file of pages"):
        read_code(stranger)
    with pytest.raises(ValueError, match="not the code of a slip"):
        read_code("https://example.org/", PrintedPages(file))


def test_a_damaged_file_is_told_with_its_line(file: Path) -> None:
    text = file.read_text().splitlines()
    file.write_text("\n".join([text[0], text[1].replace('"scheme"', '"x"')]))
    with pytest.raises(ValueError, match="line 2: it is not a booklet"):
        read_code(BOOKLET.typed_page(1).as_text(), PrintedPages(file))


def test_the_guide_shows_how_a_till_reads_either(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "letters.md").read_text("utf-8")
    _, program = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    monkeypatch.chdir(file.parent)
    for text in (BOOKLET.typed_page(3).as_text(), Slip(SCHEME, VOUCHER, BOOKLET.page(3)).as_text()):
        contract = FakeLedger([{"id": "p"}])
        names = {"typed_or_scanned": text, "shop": Shop(contract, SHOP), "__name__": "guide"}
        exec(compile(program, "letters.md", "exec"), names)  # noqa: S102
        (call,) = contract.calls
        assert (call.name, call.request["voucher"]) == ("payment:Pay", VOUCHER)
        assert call.request["proof"]["page"] == 3


def till(kindpakket: Command) -> None:
    kindpakket.desk.answers |= {
        "voucher:Binding": {"kind": "booklet", "version": 1},
        "voucher:Allowance": {"available_cents": 500},
        "payment:Pay": {"id": "p"},
        "payment:Hold": {"id": "h"},
    }


def test_a_till_takes_a_typed_page_as_it_takes_the_slip(kindpakket: Command, file: Path) -> None:
    till(kindpakket)
    typed = BOOKLET.typed_page(2).as_text()
    kindpakket.answer(*PAY, "--printed-pages", str(file), stdin=f"{typed}\n")
    kindpakket.answer(*PAY, stdin=Slip(SCHEME, VOUCHER, BOOKLET.page(2)).as_text() + "\n")
    first, second = kindpakket.desk.requests("payment:Pay")
    assert first["proof"]["page"] == 2
    for same in ("scheme", "voucher", "lines"):
        assert first[same] == second[same]
    for same in ("page", "public_key", "path"):
        assert first["proof"][same] == second["proof"][same]


@pytest.mark.parametrize(
    "command", [("voucher", "allowance"), ("payment", "hold", "--line", "books=500", "--days", "1")]
)
def test_other_commands_take_it_too(kindpakket: Command, file: Path, command: tuple[str, ...]) -> None:
    till(kindpakket)
    typed = BOOKLET.typed_page(3).as_text()
    kindpakket.answer(*command, "--user", "till", "--printed-pages", str(file), stdin=f"{typed}\n")
    (request,) = kindpakket.desk.requests("voucher:Allowance" if command[0] == "voucher" else "payment:Hold")
    assert (request["voucher"], request["proof"]["page"]) == (VOUCHER, 3)


def test_what_is_wrong_with_a_typed_page_is_said(kindpakket: Command, file: Path) -> None:
    till(kindpakket)
    groups = BOOKLET.typed_page(2).as_text().split()
    groups[3] = "ZZZZZ" if groups[3] != "ZZZZZ" else "YYYYY"
    wrong = kindpakket(*PAY, "--printed-pages", str(file), stdin=" ".join(groups) + "\n")
    assert (wrong.exit_code, "group 4 is wrong, of 7" in wrong.output) == (2, True)
    other = kindpakket(
        *PAY[:2], SCHEME, OTHER, *PAY[2:], "--printed-pages", str(file), stdin=BOOKLET.typed_page(2).as_text()
    )
    assert (other.exit_code, f"the slip is of voucher {VOUCHER}" in other.output) == (2, True)
    half = kindpakket(*PAY[:2], SCHEME, *PAY[2:], stdin="x\n")
    assert (half.exit_code, "both SCHEME and VOUCHER" in half.output) == (2, True)
    bare = kindpakket(*PAY, stdin=BOOKLET.page(2).as_text() + "\n")
    assert (bare.exit_code, "does not say which voucher" in bare.output) == (2, True)
    assert kindpakket.desk.requests("payment:Pay") == []
