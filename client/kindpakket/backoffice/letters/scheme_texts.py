"""What letters say of the vouchers of a scheme, in each language: `schemes` of the settings."""

from __future__ import annotations

from dataclasses import dataclass

from kindpakket.backoffice.letters.yaml_file import YamlFile

_NAMES = ("name", "purpose", "where")


@dataclass(frozen=True, slots=True)
class SchemeTexts:
    """The texts of a scheme in one language.

    Attributes:
        name: what people call the scheme.
        purpose: what its vouchers are for.
        where: where they can be used.
    """

    name: str
    purpose: str
    where: str


def read_schemes(file: YamlFile) -> dict[str, dict[str, SchemeTexts]]:
    """The texts of all schemes, by name and language; mistakes are noted in the file."""
    schemes = file.content.get("schemes", {})
    if not isinstance(schemes, dict):
        file.mistake(("schemes",), "schemes must be a list of names, each with languages")
        return {}
    found: dict[str, dict[str, SchemeTexts]] = {}
    for scheme, languages in schemes.items():
        at = ("schemes", str(scheme))
        if not isinstance(languages, dict) or not languages:
            file.mistake(at, f"the scheme {scheme} has no language: write nl: and its texts below it")
            continue
        texts = {str(code): _texts(file, (*at, str(code)), words) for code, words in languages.items()}
        found[str(scheme)] = {code: words for code, words in texts.items() if words is not None}
    return found


def _texts(file: YamlFile, at: tuple[str, ...], words: object) -> SchemeTexts | None:
    if not isinstance(words, dict) or set(words) != set(_NAMES):
        file.mistake(at, f"{at[1]} in {at[2]} must have {', '.join(_NAMES)}, and nothing else")
        return None
    for name in _NAMES:
        if not isinstance(words[name], str) or not words[name].strip():
            file.mistake((*at, name), f"{name} is not a text: put it in quotation marks")
            return None
    return SchemeTexts(*(words[name].strip() for name in _NAMES))
