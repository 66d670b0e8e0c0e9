"""The report as one self-contained HTML page: no scripts, no links elsewhere, no image files.

Needs the extra `kindpakket[report]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from kindpakket.extras import extra
from kindpakket.report.legality.model import Page, Table
from kindpakket.report.legality.sections.conclusion import basis, conclusion, untested
from kindpakket.report.legality.sections.money import lateness, patterns
from kindpakket.report.legality.sections.payments import all_payments, checks, elsewhere, exceptions
from kindpakket.report.legality.sections.people import four_eyes, proposals, roles
from kindpakket.report.legality.sections.sample import evidence, sample
from kindpakket.report.legality.words import Words

with extra("report"):
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup, escape

_CODE = re.compile("`([^`]+)`")


def page_of(report: Mapping[str, Any], words: Words) -> Page:
    """The report's page in a language."""
    period = report["period"]
    sections = [
        conclusion(report, words),
        basis(report, words),
        checks(report, words),
        exceptions(report, words),
        elsewhere(report, words),
        sample(report, words),
        four_eyes(report, words),
        roles(report, words),
        patterns(report, words),
        lateness(report, words),
        proposals(report, words),
        evidence(report, words),
    ]
    return Page(
        language=words.language,
        title=words("title", schemes=", ".join(each["name"] for each in period["schemes"])),
        subtitle=words(
            "subtitle",
            first=period["first_day"],
            last=period["last_day"],
            channel=report["source"]["channel"],
        ),
        skip=words("skip"),
        contents=words("contents"),
        untested=untested(report, words),
        untested_heading=words("untested.heading"),
        sections=[section for section in sections if section is not None],
    )


def tables_of(report: Mapping[str, Any], page: Page, words: Words) -> list[Table]:
    """The tables for a workbook: those of the page that have a name, and every payment."""
    named = [
        block
        for section in page.sections
        for block in section.blocks
        if isinstance(block, Table) and block.name
    ]
    place = next(at for at, table in enumerate(named) if table.name == "checks") + 1
    return [*named[:place], all_payments(report, words), *named[place:]]


def html_of(page: Page, words: Words) -> str:
    """The page as HTML."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"euros": words.euros, "number": words.number, "prose": _prose}
    environment.tests |= {"a": lambda block, name: type(block).__name__ == name}
    template = environment.from_string(_file("page.html.j2"))
    return template.render(page=page, words=words, css=Markup(_file("page.css")), svg=Markup)  # noqa: S704


def _prose(text: object) -> Markup:
    """A text whose lines are kept, with what is between backticks as code."""
    shown = _CODE.sub(r"<code>\1</code>", str(escape(str(text))))
    return Markup(shown.replace("\n", "<br>"))  # noqa: S704


def _file(name: str) -> str:
    return files("kindpakket.report.legality").joinpath(name).read_text(encoding="utf-8")
