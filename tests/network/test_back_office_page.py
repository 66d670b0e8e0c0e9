"""The commands of "A year in the back office", all of them and in order, do what the page says."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import page
import pytest
from python_calamine import CalamineWorkbook

HERE = Path(__file__).parent
OUTSIDE = f"PYTHONPATH={HERE.parents[1] / 'demo'} {sys.executable} {HERE / 'outside.py'}"
ACTS = {
    "# a parent shows a slip, and the shop types its code into slip.txt": f"{OUTSIDE} slip letters slip.txt",
    "# pay.xml goes to the bank, and what the bank sends comes into from-bank": (
        f"{OUTSIDE} bank pay.xml from-bank"
    ),
}


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Path]:
    with page.workplace_in(tmp_path) as made:
        yield made


def test_every_command_of_the_year_does_what_the_page_says(workplace: Path) -> None:
    text = (page.DOCS / "back-office.md").read_text("utf-8")
    assert all(f"\n{comment}\n" in text for comment in ACTS)
    output = page.run(page.commands(text, ACTS), workplace)

    assert "3 vouchers have been issued, of € 900.00 in all." in output
    assert "The letters are those of the manifest." in output
    assert not [*(workplace / "letters").glob("*.pdf")]
    with next((workplace / "tables").glob("payments*.csv")).open(encoding="utf-8-sig", newline="") as file:
        (payment,) = csv.DictReader(file, delimiter=";")
    assert payment["cents"] == "1295"
    assert "NL02ABNA0123456789" in (workplace / "pay.xml").read_text()
    paid = output[output.index("$ kindpakket bank book") :]
    assert "paid" in paid[: paid.index("$ kindpakket bank breaks")]
    journal = CalamineWorkbook.from_path(workplace / "journal.xlsx")
    amounts = [cell for row in journal.get_sheet_by_index(0).to_python() for cell in row]
    assert amounts.count(12.95) >= 4  # costs and payables, payables and bank
    known = json.loads((workplace / "everything.json").read_text())
    assert "Bram" in json.dumps(known)
    assert "1295" in json.dumps(known)
    assert "Verdict: no problems found" in output
