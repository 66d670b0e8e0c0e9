"""The texts of a letter in one language: `languages/*.yaml` of the templates."""

from __future__ import annotations

import string
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kindpakket.backoffice.letters.yaml_file import YamlFile, refuse

_CONTACT = ("municipality", "phone", "hours", "email", "balance", "activation_site", "schemes")
_WORDS: Mapping[str, Sequence[str]] = {
    "date": ("day", "month", "year"),
    "whole_euros": ("euros",),
    "euros": ("euros", "cents"),
    "title": _CONTACT,
    "subject": _CONTACT,
    "salutation": _CONTACT,
    "closing": _CONTACT,
    "and": (),
    "date_label": (),
    "reference_label": (),
    "phone_label": (),
    "email_label": (),
    "enclosure_label": (),
    "enclosure": (),
    "page_number": ("page",),
    "voucher": ("scheme",),
    "voucher_for": ("scheme", "child"),
    "amount_label": (),
    "purpose_label": (),
    "where_label": (),
    "until_label": (),
    "number_label": (),
    "block_label": (),
    "booklet": ("voucher",),
    "booklet_how": _CONTACT,
    "slip": ("number", "last"),
    "slip_until": ("until",),
    "staff": _CONTACT,
    "slip_alt": ("number",),
    "activation_alt": (),
}
"""The texts of a language file, and the words in { } that each may have."""
_FOR_SEVERAL: Mapping[str, Sequence[str]] = {"enclosure_more": ("count",)}
"""Texts that a file may have for letters with several vouchers or booklets."""
_LISTS = ("opening", "activation_lines")
_LISTS_FOR_SEVERAL = ("opening_more",)
_OTHERS = ("language", "region", "direction", "months", "sections")
_WHEN = (
    "always",
    "booklet",
    "one booklet",
    "more booklets",
    "only booklets",
    "activation",
    "only phones",
    "both",
    "block",
)
_SHOWS = ("", "activation codes", "block codes")
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the letter with a heading.

    Attributes:
        heading: its heading.
        text: its paragraphs.
        when: what must be true of a letter for it to be printed, all of it: `always`; a voucher has a
            `booklet`, an `activation` code or a `block` code; there is `one booklet`, or there are `more
            booklets`; there are `only booklets`, `only phones`, or `both`.
        shows: what follows the text: `activation codes`, `block codes`, or "".
    """

    heading: str
    text: tuple[str, ...]
    when: tuple[str, ...]
    shows: str


@dataclass(frozen=True, slots=True)
class Language:
    """A language's texts.

    Attributes:
        code: such as `nl`, for PDF readers and screen readers.
        region: such as `nl`.
        direction: `ltr` or `rtl`.
        months: their names.
        words: the texts by name.
        lists: the texts of several paragraphs or lines, by name.
        sections: the letter's parts, in order.
    """

    code: str
    region: str
    direction: str
    months: tuple[str, ...]
    words: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    sections: tuple[Section, ...]

    @classmethod
    def load(cls, path: Path) -> Language:
        """Read a language file, whose name is the language's code.

        Raises:
            TemplateError: something in it is wrong; the message lists all mistakes with their lines.
        """
        file = YamlFile(path)
        file.check_names((*_WORDS, *_LISTS, *_OTHERS), (*_FOR_SEVERAL, *_LISTS_FOR_SEVERAL))
        if file.content.get("language") != path.stem:
            file.mistake(("language",), f"language is not {path.stem!r}, the name of the file")
        if file.content.get("direction") not in ("ltr", "rtl"):
            file.mistake(("direction",), "direction must be ltr (left to right) or rtl (right to left)")
        if len(file.texts("months")) != _MONTHS:
            file.mistake(("months",), f"months has {len(file.texts('months'))} names: it must have {_MONTHS}")
        for name, allowed in {**_WORDS, **_FOR_SEVERAL}.items():
            if name in file.content:
                _check_places(file, (name,), file.text(name), allowed)
        for name in (*_LISTS, *_LISTS_FOR_SEVERAL):
            for number, text in enumerate(file.texts(name)):
                _check_places(file, (name, number), text, _CONTACT)
        sections = _sections(file)
        refuse(file.mistakes)
        return cls(
            path.stem,
            file.text("region"),
            file.text("direction"),
            file.texts("months"),
            {name: file.text(name) for name in (*_WORDS, *_FOR_SEVERAL)},
            {name: file.texts(name) for name in (*_LISTS, *_LISTS_FOR_SEVERAL)},
            sections,
        )

    def fill(self, name: str, **values: str) -> str:
        """A text with its words in { } filled in."""
        return self.words[name].format_map(values)

    def date(self, day: date) -> str:
        """A date in words."""
        return self.fill("date", day=str(day.day), month=self.months[day.month - 1], year=str(day.year))

    def listed(self, texts: Sequence[str]) -> str:
        """Texts as a list in a sentence."""
        *others, last = texts
        return f"{', '.join(others)} {self.words['and']} {last}" if others else last

    def amount(self, cents: int) -> str:
        """An amount of euro cents."""
        euros, rest = divmod(cents, 100)
        return (
            self.fill("euros", euros=str(euros), cents=f"{rest:02}")
            if rest
            else self.fill("whole_euros", euros=str(euros))
        )


def _sections(file: YamlFile) -> tuple[Section, ...]:
    found = []
    listed = file.content.get("sections")
    if not isinstance(listed, list):
        file.mistake(("sections",), "sections must be a list")
        return ()
    for number, members in enumerate(listed):
        at = ("sections", number)
        if not isinstance(members, dict) or set(members) - {"heading", "text", "when", "shows"}:
            file.mistake(at, "a section has heading and text, and may have when and shows; nothing else")
            continue
        heading, text = members.get("heading"), members.get("text")
        if (
            not isinstance(heading, str)
            or not isinstance(text, list)
            or not all(isinstance(paragraph, str) for paragraph in text)
        ):
            file.mistake(at, "heading must be a text, and text a list of texts")
            continue
        given, shows = members.get("when", "always"), members.get("shows", "")
        when = given if isinstance(given, list) else [given]
        for each in when:
            if each not in _WHEN:
                file.mistake((*at, "when"), f"when is {each!r}: it must be one of {', '.join(_WHEN)}")
        if shows not in _SHOWS:
            file.mistake((*at, "shows"), f"shows is {shows!r}: it must be one of {', '.join(_SHOWS[1:])}")
        _check_places(file, (*at, "heading"), heading, _CONTACT)
        for paragraph, words in enumerate(text):
            _check_places(file, (*at, "text", paragraph), words, _CONTACT)
        found.append(Section(heading, tuple(text), tuple(map(str, when)), shows))
    for shows in _SHOWS[1:]:
        if shows not in {section.shows for section in found}:
            file.mistake(("sections",), f"no section shows the {shows}: the holder would not get them")
    return tuple(found)


def _check_places(file: YamlFile, keys: Sequence[str | int], text: str, allowed: Collection[str]) -> None:
    try:
        places = [place for place in string.Formatter().parse(text) if place[1] is not None]
    except ValueError:
        file.mistake(keys, "a { or } has no counterpart: write {{ or }} for the sign itself")
        return
    for _, name, form, conversion in places:
        if name not in allowed or form or conversion:
            written = f"{name}{'!' if conversion else ''}{conversion or ''}{':' if form else ''}{form}"
            may = ", ".join(f"{{{word}}}" for word in allowed) or "none"
            file.mistake(keys, f"{{{written}}} is unknown here; allowed: {may}")
