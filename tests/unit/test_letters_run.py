"""A run of letters: whole or not there, resumed after any interruption, with secrets in the PDFs only."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from story import DOMAIN

from kindpakket.backoffice.letters import (
    Letter,
    Order,
    Printed,
    RunError,
    Summary,
    TemplateError,
    Templates,
    VoucherTerms,
    booklet_voucher,
    phone_voucher,
    read_records,
    write_letters,
)
from kindpakket.backoffice.letters.manifest import problems
from kindpakket.backoffice.letters.templates import copy
from kindpakket.holder import typeable
from kindpakket.holder.booklet import Page
from kindpakket.holder.slip import Slip
from kindpakket.holder.typed_page import TypedPage
from kindpakket.holder.verification import activation_proof_error
from kindpakket.ledger.ids import new_id

SCHEME = "a" * 32
DAY = date(2026, 12, 31)
TERMS = VoucherTerms("Kindpakket", "kleding", "in de winkel", DAY, child="Geheimpje")


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates.load()


class Households:
    """Orders that keep the letters that were made, to look for their secrets afterwards."""

    def __init__(self, count: int, language: str = "nl") -> None:
        self.count = count
        self.language = language
        self.made: dict[str, Printed] = {}
        self.fails_at = 0

    def __iter__(self) -> Iterator[Order]:
        for number in range(1, self.count + 1):
            yield Order(f"h-{number}", partial(self.make, number))

    def make(self, number: int) -> Printed:
        if number == self.fails_at:
            raise KeyboardInterrupt
        paper, paper_record = booklet_voucher(DOMAIN, SCHEME, new_id(), TERMS, pages=3)
        phone, phone_record = phone_voucher(DOMAIN, SCHEME, new_id(), TERMS)
        letter = Letter(
            self.language, DAY, (paper, phone), ("Jansen-Achternaam", "Dorpsstraat 7"), "Z-4711-9"
        )
        printed = Printed(letter, (paper_record, phone_record))
        assert f"h-{number}" not in self.made
        self.made[f"h-{number}"] = printed
        return printed

    def secrets(self) -> Iterator[bytes]:
        """Everything that can spend or block, in every form that it has, and what is personal."""
        for printed in self.made.values():
            for voucher in printed.letter.vouchers:
                assert voucher.block_code is not None
                yield from _forms(bytes.fromhex(voucher.block_code), typeable.Kind.BLOCK)
                if voucher.activation_code is not None:
                    yield from _forms(bytes.fromhex(voucher.activation_code), typeable.Kind.ACTIVATION)
                if voucher.booklet is not None:
                    for number in range(voucher.booklet.pages):
                        page, typed = voucher.booklet.page(number), voucher.booklet.typed_page(number)
                        yield from _forms(page.seed)
                        yield from _forms(typed.secret)
                        yield from (page.as_text().encode(), page.as_bytes())
                        yield Slip(voucher.scheme, voucher.voucher, page).as_text().encode()
                        yield from (typed.as_text().encode(), typed.as_text().replace(" ", "").encode())
            yield from (line.encode() for line in printed.letter.address)
        yield from (b"Geheimpje", b"Z-4711-9")


def _forms(secret: bytes, kind: typeable.Kind | None = None) -> Iterator[bytes]:
    yield secret
    yield from (secret.hex().encode(), secret.hex().upper().encode())
    yield from (base64.b64encode(secret).rstrip(b"="), base64.urlsafe_b64encode(secret).rstrip(b"="))
    if kind is not None:
        code = typeable.encode(kind, secret)
        yield from (text.encode() for text in (code, code.replace(" ", ""), code.replace(" ", "-")))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def rows_of(summary: Summary) -> list[dict[str, str]]:
    with (summary.folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def document_of(summary: Summary) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((summary.folder / "manifest.json").read_text("utf-8"))
    return document


def test_the_manifest_lists_every_letter_with_its_hash_and_adds_up(
    tmp_path: Path, templates: Templates
) -> None:
    done: list[int] = []
    summary = write_letters(Households(3), tmp_path / "out", templates, progress=done.append)
    assert done == [1, 2, 3]
    rows, document = rows_of(summary), document_of(summary)
    assert [row["file"] for row in rows] == ["000001.pdf", "000002.pdf", "000003.pdf"]
    for row, letter in zip(rows, document["letters"], strict=True):
        assert {name: str(value) for name, value in letter.items()} == row
        content = (summary.folder / row["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        assert len(pypdfium2.PdfDocument(content)) == int(row["pages"])
        assert int(row["sheets"]) == -(-int(row["pages"]) // 2)
        assert (row["vouchers"], row["slips"], row["language"]) == ("2", "2", "nl")
    pages, sheets = (sum(letter[name] for letter in document["letters"]) for name in ("pages", "sheets"))
    assert document["totals"] == {
        "letters": 3,
        "files": 3,
        "pages": pages,
        "sheets": sheets,
        "vouchers": 6,
        "slips": 6,
        "languages": {"nl": 3},
    }
    assert document["templates_sha256"] == templates.sha256
    assert summary.totals.sheets == sheets
    assert problems(summary.folder) == []
    assert {path.name for path in tmp_path.iterdir()} == {"out", "out-records.jsonl"}
    for path in (summary.folder, summary.records, *summary.folder.glob("*.pdf")):
        assert path.stat().st_mode & 0o077 == 0


def test_one_file_can_have_many_letters(tmp_path: Path, templates: Templates) -> None:
    summary = write_letters(Households(5), tmp_path / "out", templates, per_file=2)
    rows = rows_of(summary)
    assert [row["file"] for row in rows] == ["000001-000002.pdf"] * 2 + ["000003-000004.pdf"] * 2 + [
        "000005.pdf"
    ]
    assert [row["first_page"] for row in rows] == ["1", "5", "1", "5", "1"]
    assert [row["sheets"] for row in rows] == ["2"] * 5
    assert summary.totals.files == 3
    assert problems(summary.folder) == []


def test_the_records_activate_what_is_printed(tmp_path: Path, templates: Templates) -> None:
    households = Households(1)
    summary = write_letters(households, tmp_path / "out", templates)
    paper, phone = read_records(summary.records)
    printed = households.made["h-1"].letter.vouchers
    assert paper.activation is not None
    assert printed[0].booklet is not None
    assert paper.activation["voucher"] == printed[0].voucher
    bound, proof = paper.activation["authorisation"], paper.activation["proof"]
    assert not activation_proof_error(DOMAIN, SCHEME, paper.voucher, bound, proof, paper.self_block)
    assert paper.activation["self_block"] == paper.self_block
    keys = [bytes.fromhex(key) for key in paper.public_keys]
    typed = TypedPage.from_text(printed[0].booklet.typed_page(2).as_text())
    assert Page.from_typed(typed, keys) == printed[0].booklet.page(2)
    assert phone.activation is None
    assert printed[1].activation_code is not None
    assert (
        phone.activation_code_sha256 == hashlib.sha256(bytes.fromhex(printed[1].activation_code)).hexdigest()
    )


def test_secrets_and_names_are_nowhere_but_in_the_letters(
    tmp_path: Path, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, temporary, work = (tmp_path / name for name in ("home", "tmp", "work"))
    for folder in (home, temporary, work):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.chdir(work)
    households = Households(3)
    households.fails_at = 3
    with pytest.raises(KeyboardInterrupt):
        write_letters(households, work / "out", templates)
    households.fails_at = 0
    write_letters(households, work / "out", templates)
    files = contents(tmp_path)
    assert sum(name.endswith(".pdf") for name in files) == 3
    assert {name for name in files if not name.endswith(".pdf")} == {
        "work/out/manifest.csv",
        "work/out/manifest.json",
        "work/out-records.jsonl",
    }
    hidden = [secret for secret in households.secrets() if len(secret) > 4]
    assert len(hidden) > 100
    for name, content in files.items():
        if not name.endswith(".pdf"):
            assert [secret for secret in hidden if secret in content] == []


def test_the_search_for_secrets_would_find_them(tmp_path: Path, templates: Templates) -> None:
    """Each secret is in its letter, where it is looked for by other means."""
    households = Households(1)
    summary = write_letters(households, tmp_path / "out", templates)
    read = "".join(
        page.get_textpage().get_text_bounded()
        + "".join(code.text for code in zxingcpp.read_barcodes(picture))
        for page in pypdfium2.PdfDocument(summary.folder / "000001.pdf")
        for picture in [page.render(scale=150 / 72).to_pil()]
    )
    in_letter = {secret for secret in households.secrets() if secret.decode("latin-1") in read}
    paper = households.made["h-1"].letter.vouchers[0]
    assert paper.booklet is not None
    assert Slip(SCHEME, paper.voucher, paper.booklet.page(1)).as_text().encode() in in_letter
    assert {b"Jansen-Achternaam", b"Geheimpje", b"Z-4711-9"} <= in_letter


@pytest.mark.parametrize("fails_at", [1, 2, 3])
@pytest.mark.parametrize("per_file", [1, 2])
def test_an_interrupted_run_shows_nothing_and_goes_on(
    tmp_path: Path, templates: Templates, fails_at: int, per_file: int
) -> None:
    households = Households(3)
    households.fails_at = fails_at
    with pytest.raises(KeyboardInterrupt):
        write_letters(households, tmp_path / "out", templates, per_file=per_file)
    assert [path.name for path in tmp_path.iterdir()] == [".out.unfinished"]
    finished = {name: content for name, content in contents(tmp_path).items() if name.endswith(".pdf")}
    assert len(finished) == (fails_at - 1) // per_file
    households.fails_at = 0
    households.made = {
        name: printed
        for name, printed in households.made.items()
        if int(name[2:]) <= len(finished) * per_file
    }
    summary = write_letters(households, tmp_path / "out", templates, per_file=per_file)
    assert problems(summary.folder) == []
    assert summary.totals.letters == 3
    for name, content in finished.items():
        assert (summary.folder / Path(name).name).read_bytes() == content
    vouchers = [voucher.voucher for n in (1, 2, 3) for voucher in households.made[f"h-{n}"].letter.vouchers]
    assert [record.voucher for record in read_records(summary.records)] == vouchers


PROGRAM = """
import os, signal, sys
from pathlib import Path
import test_letters_run as run
from kindpakket.backoffice.letters import Templates, write_letters
import kindpakket.backoffice.letters.journal as journal
left = int(sys.argv[2])
def counted(real):
    def step(*arguments, **members):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **members)
    return step
for name in ("write", "fsync", "open", "replace", "rename", "unlink", "truncate"):
    setattr(os, name, counted(getattr(os, name)))
write_letters(run.Households(2), Path(sys.argv[1]), Templates.load())
"""


def test_a_run_that_was_killed_anywhere_is_whole_after_the_next(tmp_path: Path) -> None:
    """Processes are killed at one of their first steps on files, and each goes on from the one before."""
    folder = tmp_path / "out"
    paths = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    killed = 0
    for steps in (2, 5, 9, 12, 16, 17, 18, 3, 1_000):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(folder), str(steps)],
            env={**os.environ, "PYTHONPATH": paths},
            check=False,
            capture_output=True,
        )
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        killed += 1
        if folder.exists():
            assert all("journal" in problem or "lock" in problem for problem in problems(folder))
    assert killed > 3
    assert problems(folder) == []
    assert {path.name for path in tmp_path.iterdir()} == {"out", "out-records.jsonl"}
    assert len(list(read_records(tmp_path / "out-records.jsonl"))) == 4


def test_a_run_that_was_killed_at_its_end_is_finished(tmp_path: Path, templates: Templates) -> None:
    first = write_letters(Households(1), tmp_path / "out", templates)
    (tmp_path / "out" / "journal.jsonl").touch()
    (tmp_path / "out" / "lock").touch()
    again = Households(1)
    assert write_letters(again, tmp_path / "out", templates) == first
    assert again.made == {}
    assert problems(first.folder) == []


def test_what_is_not_whole_is_made_again(tmp_path: Path, templates: Templates) -> None:
    households = Households(3)
    households.fails_at = 3
    with pytest.raises(KeyboardInterrupt):
        write_letters(households, tmp_path / "out", templates)
    unfinished = tmp_path / ".out.unfinished"
    (unfinished / "000002.pdf").write_bytes(b"damaged")
    (unfinished / "000009.pdf").write_bytes(b"not listed")
    with (unfinished / "journal.jsonl").open("a") as journal:
        journal.write('{"file": "000003.pdf", "sha')
    households.fails_at = 0
    del households.made["h-2"]
    summary = write_letters(households, tmp_path / "out", templates)
    assert problems(summary.folder) == []
    assert summary.totals.letters == 3


def test_an_interrupted_run_goes_on_only_with_what_it_began_with(
    tmp_path: Path, templates: Templates
) -> None:
    households = Households(3)
    households.fails_at = 3
    with pytest.raises(KeyboardInterrupt):
        write_letters(households, tmp_path / "out", templates)
    with pytest.raises(RunError, match="other templates or another number"):
        write_letters(households, tmp_path / "out", templates, per_file=2)
    copy(tmp_path / "own")
    (tmp_path / "own" / "logo.svg").write_text((tmp_path / "own" / "logo.svg").read_text() + "\n")
    with pytest.raises(RunError, match="other templates"):
        write_letters(households, tmp_path / "out", Templates.load(tmp_path / "own"))
    others = (Order(f"other-{number}", lambda: households.make(9)) for number in range(3))
    with pytest.raises(RunError, match="other orders"):
        write_letters(others, tmp_path / "out", templates)
    with pytest.raises(RunError, match="other orders"):
        write_letters(Households(1), tmp_path / "out", templates)


def test_one_run_at_a_time(tmp_path: Path, templates: Templates) -> None:
    def orders() -> Iterator[Order]:
        with pytest.raises(RunError, match="another process writes"):
            write_letters(Households(1), tmp_path / "out", templates)
        yield from Households(1)

    write_letters(orders(), tmp_path / "out", templates)


@pytest.mark.parametrize(
    ("references", "sentence"),
    [
        (["Jansen"], "the reference of order 1 is not a code"),
        (["a", "a"], "the reference of order 2 appears twice"),
        (["111222333"], "the reference of order 1 can be a BSN"),
        ([], "there are no orders"),
    ],
)
def test_references_that_say_something_are_refused(
    tmp_path: Path, templates: Templates, references: list[str], sentence: str
) -> None:
    households = Households(9)
    orders = [Order(reference, partial(households.make, n)) for n, reference in enumerate(references, 1)]
    with pytest.raises(RunError, match=sentence) as error:
        write_letters(orders, tmp_path / "out", templates)
    assert not any(reference in str(error.value) for reference in references if len(reference) > 1)
    assert not (tmp_path / "out").exists()


def test_a_finished_run_is_not_written_over(tmp_path: Path, templates: Templates) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(RunError, match="exists"):
        write_letters(Households(1), tmp_path / "out", templates)
    with pytest.raises(RunError, match="at least 1"):
        write_letters(Households(1), tmp_path / "new", templates, per_file=0)


def test_a_language_that_is_not_there_stops_the_run(tmp_path: Path, templates: Templates) -> None:
    with pytest.raises(TemplateError, match="no language 'xx'"):
        write_letters(Households(1, "xx"), tmp_path / "out", templates)
    assert not (tmp_path / "out").exists()


def test_a_check_finds_what_is_not_as_it_was_made(tmp_path: Path, templates: Templates) -> None:
    folder = write_letters(Households(2), tmp_path / "out", templates).folder
    (folder / "000001.pdf").write_bytes(b"other")
    (folder / "000002.pdf").rename(folder / "000003.pdf")
    document = json.loads((folder / "manifest.json").read_text())
    document["totals"]["sheets"] += 1
    (folder / "manifest.json").write_text(json.dumps(document))
    found = problems(folder)
    assert found[0] == "000001.pdf is not the file that was made: ask for it again"
    assert found[1] == "000002.pdf is missing: ask for it again"
    assert found[2] == "000003.pdf is not in the manifest: do not print it"
    assert found[3].startswith("the manifest says ")
    assert len(found) == 4


def test_the_guide_shows_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "letters.md").read_text("utf-8")
    program, _ = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "letters.md", "exec"), {"__name__": "guide"})  # noqa: S102
    assert capsys.readouterr().out == "2 letters on 8 sheets, 2 vouchers\n"
