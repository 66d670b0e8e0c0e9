"""The report in a browser: what axe finds, and how it prints. Needs Chromium, and axe-core from npm."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from lxml import html
from test_legality_report import report

from kindpakket.report.legality import LANGUAGES, files_of
from kindpakket.report.legality.words import Words

AXE = "axe-core@4.14.1"
RUN = """
<script>%s</script>
<script>
axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(found => {
  const pre = document.createElement("pre");
  pre.id = "axe";
  pre.textContent = JSON.stringify({
    passes: found.passes.length,
    violations: found.violations.map(each => [each.id, each.nodes.map(node => node.html)]),
  });
  document.body.append(pre);
});
</script>
</body>"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return found


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: apt-get install npm")
    folder = tmp_path_factory.mktemp("axe")
    subprocess.run([npm, "install", "--silent", "--no-audit", "--prefix", str(folder), AXE], check=True)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


def browse(chromium: str, folder: Path, *arguments: str) -> str:
    """What Chromium prints."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    result = subprocess.run([chromium, *options, *arguments], capture_output=True, text=True, check=True)
    return result.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing(chromium: str, axe: str, language: str, tmp_path: Path) -> None:
    page = files_of(report(), language)["legality.html"].decode()
    path = tmp_path / "legality.html"
    path.write_text(page.replace("</body>", RUN % axe))
    shown = browse(chromium, tmp_path, "--virtual-time-budget=60000", "--dump-dom", path.as_uri())
    document: Any = html.document_fromstring(shown)
    found = json.loads(document.get_element_by_id("axe").text_content())
    assert found["violations"] == []
    assert found["passes"] > 20


def test_it_prints_a_page_for_each_payment_and_repeats_headings(chromium: str, tmp_path: Path) -> None:
    made = report()
    words = Words("nl")
    path, printed = tmp_path / "legality.html", tmp_path / "legality.pdf"
    path.write_bytes(files_of(made, "nl")["legality.html"])
    browse(chromium, tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={printed}", path.as_uri())
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(printed)]
    assert words("untested.heading") in pages[0]
    for item in made["sample"]["items"]:
        heading = words("evidence.item", payment=item["payment"])
        starts = [text for text in pages if text.lstrip().startswith(heading[:20])]
        assert any(item["payment"][:16] in text[:80] for text in starts), heading
    assert words("contents") not in pages[0].split("\n")
