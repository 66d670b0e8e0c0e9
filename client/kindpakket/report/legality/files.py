"""The three files of a report: a page to read and print, a workbook to sort, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kindpakket.report.legality.page import html_of, page_of, tables_of
from kindpakket.report.legality.words import Words
from kindpakket.report.legality.workbook import workbook_of


def files_of(report: Mapping[str, Any], language: str) -> dict[str, bytes]:
    """The files by their names. The same report in the same language gives the same bytes.

    Args:
        report: the report, as `kindpakket.auditor.legality.legality` gives it.
        language: `nl` or `en`.
    """
    words = Words(language)
    page = page_of(report, words)
    sheets = workbook_of(tables_of(report, page, words), page.title, report["source"]["until"], words)
    return {
        "legality.html": html_of(page, words).encode(),
        "legality.xlsx": sheets,
        "legality.json": (json.dumps(report, ensure_ascii=False, indent=1) + "\n").encode(),
    }
