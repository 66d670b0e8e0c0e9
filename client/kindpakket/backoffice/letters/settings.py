"""What all letters of a municipality have in common: `settings.yaml` of the templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kindpakket.backoffice.letters.scheme_texts import SchemeTexts, read_schemes
from kindpakket.backoffice.letters.yaml_file import YamlFile, refuse

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_REQUIRED = (
    "name",
    "colour",
    "return_address",
    "signature",
    "footer",
    "phone",
    "hours",
    "email",
    "activation_site",
    "font",
    "code_font",
)
_OPTIONAL = (
    "logo",
    "name_beside_logo",
    "window",
    "languages",
    "schemes",
    "duplex",
    "balance",
    "municipality",
)
_WORDS = ("signature", "footer", "phone", "hours", "email", "activation_site", "balance", "municipality")
"""What a language may say otherwise."""
_LOGOS = (".svg", ".png")


@dataclass(frozen=True, slots=True)
class Settings:
    """A municipality's settings.

    Attributes:
        name: of the municipality.
        logo: path of the logo, SVG or PNG; None: the name is printed.
        name_beside_logo: print the name beside the logo.
        colour: of headings and lines, `#rrggbb`.
        return_address: the line above the address.
        window: where the envelope's window is, `left` or `right`.
        duplex: letters are printed on both sides of a sheet.
        fonts: of the text, the first that has a character.
        code_fonts: of codes.
        words: the texts that languages may say otherwise, by name.
        by_language: what a language says otherwise: its code -> the texts by name.
        schemes: what letters say of the vouchers of a scheme: its name -> the texts by language.
    """

    name: str
    logo: Path | None
    name_beside_logo: bool
    colour: str
    return_address: str
    window: str
    duplex: bool
    fonts: tuple[str, ...]
    code_fonts: tuple[str, ...]
    words: Mapping[str, str]
    by_language: Mapping[str, Mapping[str, str]]
    schemes: Mapping[str, Mapping[str, SchemeTexts]]

    @classmethod
    def load(cls, folder: Path) -> Settings:
        """Read the settings in a folder of templates.

        Raises:
            TemplateError: something in them is wrong; the message lists all mistakes with their lines.
        """
        file = YamlFile(folder / "settings.yaml")
        file.check_names(_REQUIRED, _OPTIONAL)
        colour = file.text("colour", "#000000")
        if not _COLOUR.fullmatch(colour):
            file.mistake(("colour",), f"colour is {colour!r}: write # and six hexadecimal digits, as #154273")
        window = file.text("window", "left")
        if window not in ("left", "right"):
            file.mistake(("window",), f"window is {window!r}: it must be left or right")
        words = {name: file.text(name) for name in _WORDS if name in file.content}
        settings = cls(
            name=file.text("name"),
            logo=_logo(file, folder),
            name_beside_logo=file.flag("name_beside_logo", False),
            colour=colour,
            return_address=file.text("return_address"),
            window=window,
            duplex=file.flag("duplex", True),
            fonts=file.texts("font"),
            code_fonts=file.texts("code_font"),
            words=words,
            by_language=_languages(file),
            schemes=read_schemes(file),
        )
        refuse(file.mistakes)
        return settings

    def words_in(self, language: str) -> dict[str, str]:
        """The texts in a language."""
        return {"balance": "", "municipality": self.name, **self.words, **self.by_language.get(language, {})}


def _logo(file: YamlFile, folder: Path) -> Path | None:
    name = file.text("logo")
    if not name:
        return None
    path = folder / name
    if path.suffix.lower() not in _LOGOS:
        file.mistake(("logo",), f"logo is {name!r}: it must be an SVG or PNG file")
    elif Path(name).name != name or not path.is_file():
        file.mistake(("logo",), f"logo is {name!r}: there is no such file beside {file.path.name}")
    else:
        return path
    return None


def _languages(file: YamlFile) -> dict[str, dict[str, str]]:
    languages = file.content.get("languages", {})
    if not isinstance(languages, dict):
        file.mistake(("languages",), "languages must be a list of codes, each with texts")
        return {}
    found: dict[str, dict[str, str]] = {}
    for code, words in languages.items():
        if not isinstance(words, dict):
            file.mistake(
                ("languages", str(code)), f"the language {code} has no texts: remove it, or add some"
            )
            continue
        found[str(code)] = {}
        for name, text in words.items():
            if name not in _WORDS:
                file.mistake(
                    ("languages", code, name), f"{name!r} is unknown: allowed are {', '.join(sorted(_WORDS))}"
                )
            elif not isinstance(text, str):
                file.mistake(("languages", code, name), f"{name} is not a text: put it in quotation marks")
            else:
                found[str(code)][name] = text
    return found
