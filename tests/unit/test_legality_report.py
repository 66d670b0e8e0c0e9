"""The report's files: the same bytes everywhere, readable by everybody, in two languages."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from legality_town import closed, facts_of, opened, settled
from lxml import html
from python_calamine import CalamineWorkbook
from story import DAY, SCHEME, SHOP

from kindpakket.auditor.legality import Examined, Inputs, Sampling, Settings, legality, period_of, sample_of
from kindpakket.report.legality import LANGUAGES, SettingsError, files_of, read_settings
from kindpakket.report.legality.words import Words

ROOT = Path(__file__).parents[2]
SETTINGS = Settings(
    "Raadsbesluit <2025-118>", Decimal(1), Decimal(3), sampling=Sampling(materiality_percent=Decimal(60))
)
AGAIN = """
import json, locale, sys
from pathlib import Path
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    pass
import time_machine
from kindpakket.report.legality import files_of
with time_machine.travel(2_000_000_000):
    report = json.loads(Path(sys.argv[1]).read_text())
    for name, content in files_of(report, "nl").items():
        Path(name).write_bytes(content)
"""


def report(*, problems: bool = True) -> dict[str, Any]:
    story = opened()
    for cents in (1500, 700, 900):
        story.pay(("toys", cents))
    if problems:
        story.add("shop:Suspend", "p-manager", shop=SHOP, reason="fraud")
        story.pay(("books", 2000))
        story.add("scheme:Open", scheme=SCHEME)
        rejected = story.add("scheme:ProposeBudget", scheme=SCHEME, add_cents=100, reason="council")
        story.add("scheme:RejectChange", "p-manager", scheme=SCHEME, change=rejected, reason="no")
    closed(story)
    settled(story)
    facts = facts_of(story)
    period = period_of(facts, DAY, DAY)
    inputs = Inputs("0.5.0", sample=sample_of(facts, period, SETTINGS))
    return legality(facts, period, SETTINGS, inputs)


def page(made: dict[str, Any], language: str = "en") -> Any:
    return html.document_fromstring(files_of(made, language)["legality.html"].decode())


def test_another_auditor_gets_the_same_bytes(tmp_path: Path) -> None:
    """In another folder, at another time, in another time zone and locale, by another process."""
    made = report()
    (tmp_path / "report.json").write_text(json.dumps(made))
    (tmp_path / "elsewhere").mkdir()
    environment = {**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "nl_NL.UTF-8", "PYTHONHASHSEED": "7"}
    arguments = [sys.executable, "-c", AGAIN, str(tmp_path / "report.json")]
    subprocess.run(arguments, cwd=tmp_path / "elsewhere", env=environment, check=True)
    for name, content in files_of(made, "nl").items():
        assert (tmp_path / "elsewhere" / name).read_bytes() == content, name
    assert files_of(made, "nl") == files_of(made, "nl")


def test_the_first_paragraph_says_what_was_not_tested() -> None:
    made = report()
    for language in LANGUAGES:
        words = Words(language)
        first = page(made, language).find(".//p").text_content()
        assert first.startswith(words("untested.intro"))
        for code in made["not_tested"]:
            assert words(f"untested.{code}").replace("`", "") in first


def test_the_page_needs_nothing_from_elsewhere_and_escapes_text() -> None:
    text = files_of(report(), "en")["legality.html"].decode()
    assert "Raadsbesluit &lt;2025-118&gt;" in text
    assert not re.search(r"<script|<link|<img|@import|url\((?!#)", text)
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', text)


def test_the_page_can_be_read_by_everybody() -> None:
    """Language, headings in order, captions, scopes, names of figures; no id twice, no dead anchor."""
    for language in LANGUAGES:
        document = page(report(), language)
        assert document.get("lang") == language
        levels = [int(heading.tag[1]) for heading in document.iter("h1", "h2", "h3")]
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        ids = [element.get("id") for element in document.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        for anchor in document.iter("a"):
            assert anchor.get("href", "")[1:] in ids
        for table in document.iter("table"):
            assert table.find("caption").text_content().strip()
            assert all(cell.get("scope") in ("col", "row") for cell in table.iter("th"))
            widths = {len(row) for row in table.iter("tr")}
            assert len(widths) == 1
        for figure in document.iter("figure"):
            assert figure.find("div").get("role") == "img"
            assert len(figure.find("div").get("aria-label")) > 20


def test_errors_are_shown_with_their_reason_and_the_broken_rule() -> None:
    text = page(report()).text_content()
    assert "The shop was suspended." in text
    assert "is suspended: it must be approved" in text
    assert "The errors found are above the limit" in text
    assert "1 broken rules belong to no payment" in text or "scheme:Open" in text


def test_a_report_without_problems_says_so() -> None:
    text = page(report(problems=False)).text_content()
    assert "Every payment of the period passed every check that could be made." in text
    assert "has not been looked at" in text


def test_each_payment_of_the_sample_has_a_page() -> None:
    made = report()
    document = page(made, "nl")
    for item in made["sample"]["items"]:
        section = document.get_element_by_id(f"payment-{item['payment']}").getparent()
        assert section.get("class") == "evidence"
        shown = section.text_content()
        for text in (
            item["voucher"],
            item["shop"],
            item["step"]["transaction"],
            "opnieuw geverifieerd: geldig",
        ):
            assert text in shown


def test_languages_have_the_same_sentences_with_the_same_fields() -> None:
    def fields(node: Any) -> Any:
        if isinstance(node, dict):
            return {name: fields(below) for name, below in node.items()}
        return sorted(re.findall(r"\{(\w+)\}", str(node)))

    folder = ROOT / "client/kindpakket/report/legality/languages"
    texts = {name: yaml.safe_load((folder / f"{name}.yaml").read_text()) for name in LANGUAGES}
    assert fields(texts["nl"]) == fields(texts["en"])


def test_amounts_are_written_as_the_language_does() -> None:
    assert Words("nl").euros(-123456789) == "-€\N{NO-BREAK SPACE}1.234.567,89"
    assert Words("en").euros(123456789) == "€\N{NO-BREAK SPACE}1,234,567.89"
    assert Words("nl").percent(1, 3) == "33,33 %"
    assert Words("en").percent(1, 0) == "-"


def test_the_workbook_has_every_payment_and_no_formula() -> None:
    made = report()
    content = files_of(made, "nl")["legality.xlsx"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert {"over", "betalingen", "uitzonderingen", "steekproef", "vier ogen"} <= set(book.sheet_names)
    heading, *rows = book.get_sheet_by_name("betalingen").to_python()
    amount = heading.index("bedrag (€)")
    assert sorted(row[amount] for row in rows) == [7.0, 9.0, 15.0, 20.0]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
        sheets = [archive.read(name).decode() for name in archive.namelist() if "sheets/sheet" in name]
    assert not any("<f>" in sheet for sheet in sheets)


def test_the_json_has_all_that_the_page_shows() -> None:
    made = report()
    assert json.loads(files_of(made, "en")["legality.json"]) == json.loads(json.dumps(made))


def test_an_evaluated_sample_is_shown() -> None:
    story = opened()
    story.pay(("toys", 1500))
    closed(story)
    settled(story)
    facts = facts_of(story)
    period = period_of(facts, DAY, DAY)
    drawn = sample_of(facts, period, SETTINGS)
    hashes = {item.id: ("matches", "differs") for item in drawn.sample.drawn}
    made = legality(facts, period, SETTINGS, Inputs("1", sample=drawn, examined=Examined(hashes, {})))
    text = page(made).text_content()
    assert "does not exclude that the limit for errors is passed" in text
    assert "recomputed and projected uncertainties together" in text


SAMPLE = """
decision: "Raadsbesluit 2025-118"
errors_percent: 1
uncertainties_percent: 3.0
settlement_days: 14
signals: {same_pair_percent: 90, night_to: 7}
sampling: {confidence_percent: 90, expected_percent: 0.25}
"""


def test_settings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(SAMPLE)
    found = read_settings(path)
    assert (found.errors_percent, found.uncertainties_percent) == (Decimal(1), Decimal("3.0"))
    assert (found.settlement_days, found.signals.night_to, found.signals.busy_minutes) == (14, 7, 10)
    assert found.sampling == replace(
        found.sampling, confidence_percent=Decimal(90), expected_percent=Decimal("0.25")
    )
    assert found.materiality_percent == Decimal(1)


def test_all_mistakes_in_settings_are_told_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(
        "errors_percent: 101\nuncertainties_percent: many\nsettlement_days: 1.5\n"
        "signals: {night_to: 25, round_cents: 0, colour: red}\n"
        "sampling: {confidence_percent: 100, number_commitment: abc}\n"
    )
    with pytest.raises(SettingsError) as raised:
        read_settings(path)
    message = str(raised.value)
    assert message.startswith("9 mistakes in")
    for text in (
        "decision is missing",
        "line 1: errors_percent is 101",
        "line 2: uncertainties_percent is 'many'",
        "line 3: settlement_days is 1.5",
        "signals.night_to is 25: it must be a whole number from 0 to 24",
        "signals.round_cents must be above 0",
        "'colour' is unknown",
        "must be above 0 and below 100",
        "must be a SHA-256",
    ):
        assert text in message
