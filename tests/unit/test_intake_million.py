"""A million children in one file: in minutes, and in memory that does not grow with the file."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from children_files import DAAN, HEADINGS, csv_of, xlsx_of

pytestmark = [pytest.mark.proof("reads a million rows"), pytest.mark.alone, pytest.mark.timeout(3600)]
ROWS = 1_000_000
SHEET = "xl/worksheets/sheet1.xml"
MEASURED = """
import json, resource, sys
from kindpakket_cli.main import main
try:
    main(["intake", "check", sys.argv[1], "--json"])
except SystemExit as end:
    code = end.code
usage = [resource.getrusage(who).ru_maxrss >> 10 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps([code, *usage]), file=sys.stderr)
"""


def children() -> Iterator[tuple[str, ...]]:
    """Different children with numbers that pass the eleven-test."""
    for base in range(10_000_000, 99_999_999):
        rest = sum(int(digit) * weight for digit, weight in zip(str(base), range(9, 1, -1), strict=True)) % 11
        if rest != 10:
            born = f"{1 + base % 28}-{1 + base % 12}-{2009 + base % 16}"
            names = f"Kind {base % 7919}", f"van Straten {base % 50021}"
            yield f"{base}{rest}", *names, born, f"h-{base // 2}", f"Z-{base}", "child", "1"


def checked(file: Path) -> tuple[dict[str, object], int, int]:
    """What the command answers, and the most megabytes that it and its child took."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(file)], capture_output=True, text=True, check=True
    )
    code, own, child = json.loads(done.stderr.splitlines()[-1])
    answer = json.loads(done.stdout)
    assert code == (0 if answer["passed"] else 1)
    return answer, own, child


def test_a_million_children_as_csv(tmp_path: Path) -> None:
    file = tmp_path / "million.csv"
    with file.open("w") as text:
        text.write(csv_of(HEADINGS))
        for row in islice(children(), ROWS):
            text.write(";".join(row) + "\n")
        text.write(csv_of(row))
    answer, own, _ = checked(file)
    assert (answer["rows"], answer["errors"], answer["notices"]) == (ROWS + 1, 1, 0)
    assert own < 300


def test_a_million_children_as_a_spreadsheet(tmp_path: Path) -> None:
    file, small = tmp_path / "million.xlsx", tmp_path / "small.xlsx"
    small.write_bytes(xlsx_of(HEADINGS, DAAN))
    with (
        zipfile.ZipFile(small) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            if name != SHEET:
                new.writestr(name, old.read(name))
        head, tail = old.read(SHEET).decode().split("</sheetData>")
        with new.open(SHEET, "w", force_zip64=True) as sheet:
            sheet.write(head.encode())
            for number, row in enumerate(islice(children(), ROWS), 3):
                cells = "".join(
                    f'<c r="{letter}{number}" t="str"><v>{cell}</v></c>'
                    for letter, cell in zip("ABCDEFGH", row, strict=True)
                )
                sheet.write(f'<row r="{number}">{cells}</row>'.encode())
            sheet.write(f"</sheetData>{tail}".encode())
    answer, own, child = checked(file)
    assert (answer["rows"], answer["errors"], answer["notices"]) == (ROWS + 1, 0, 0)
    assert own < 300
    assert child < 2048
