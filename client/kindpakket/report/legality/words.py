"""The words of the report in a language, and how it writes amounts."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from kindpakket.ledger.days import AMSTERDAM

LANGUAGES = ("nl", "en")
"""The languages that a report can be in."""


class Words:
    """The sentences of a language.

    words = Words("nl")
    words("verdict.within")
    words.euros(123456)
    """

    def __init__(self, language: str) -> None:
        """Read a language.

        Args:
            language: `nl` or `en`.
        """
        self.language = language
        self._texts = _texts(language)

    def __call__(self, path: str, **values: object) -> str:
        """A sentence by its path, such as `verdict.within`, filled in."""
        section, _, name = path.partition(".")
        found = self._texts[section]
        text = found[name] if name else found
        return str(text).format_map(values) if values else str(text)

    def named(self, section: str, name: str) -> str:
        """A word of a section, or the name itself if the section does not have it."""
        return str(self._texts[section].get(name, name))

    def euros(self, cents: int) -> str:
        """An amount: `€ 1,234.56` in English, `€ 1.234,56` in Dutch."""
        whole, rest = divmod(abs(cents), 100)
        grouped = f"{whole:,}".replace(",", self._texts["thousands"])
        return f"{'-' if cents < 0 else ''}€\N{NO-BREAK SPACE}{grouped}{self._texts['decimals']}{rest:02}"

    def number(self, number: int) -> str:
        """A whole number, with its thousands apart."""
        return f"{number:,}".replace(",", self._texts["thousands"])

    def percent(self, part: int, whole: int) -> str:
        """A share with two decimals, rounded down; "-" of nothing."""
        if not whole:
            return "-"
        hundredths = abs(part) * 10_000 // whole
        return f"{hundredths // 100}{self._texts['decimals']}{hundredths % 100:02} %"

    def given_percent(self, text: str) -> str:
        """A percentage as it was given, with the language's decimal sign."""
        return f"{text.replace('.', self._texts['decimals'])} %"


def instant(at: int) -> str:
    """An instant in Amsterdam: `2026-03-10 12:00:00 +01:00`."""
    return datetime.fromtimestamp(at, UTC).astimezone(AMSTERDAM).isoformat(" ")


@cache
def _texts(language: str) -> dict[str, Any]:
    file = files("kindpakket.report.legality").joinpath("languages", f"{language}.yaml")
    texts: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return texts
