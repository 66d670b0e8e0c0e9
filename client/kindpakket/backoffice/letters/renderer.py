"""Sets letters with Typst: PDF/A-2a and PDF/UA-1, from memory to memory."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import cast

from kindpakket.backoffice.letters.content import content_of
from kindpakket.backoffice.letters.letter import Letter
from kindpakket.backoffice.letters.templates import MAIN, Templates
from kindpakket.backoffice.letters.yaml_file import TemplateError
from kindpakket.extras import extra

with extra("backoffice"):
    import typst

STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]
"""PDF/A-2a (ISO 19005-2) to keep, PDF/UA-1 (ISO 14289-1) to be read aloud."""
_PLACE = re.compile(r"([\w.-]+\.typ):(\d+)")


@dataclass(frozen=True, slots=True)
class Rendered:
    """Letters as one PDF.

    Attributes:
        pdf: the file. The same letters and templates give the same bytes.
        pages: the first and the last page of each letter, from 1; between letters, the last one may be an
            empty back.
    """

    pdf: bytes
    pages: tuple[tuple[int, int], ...]


class Renderer:
    """Sets letters with one municipality's templates.

    What is set goes to Typst in memory: no file is written, and Typst is given no file but the templates.
    """

    def __init__(self, templates: Templates) -> None:
        """Use checked templates.

        Raises:
            MissingExtra: a package is not installed.
        """
        self.templates = templates
        fonts = typst.Fonts(
            include_system_fonts=False, font_paths=[str(path) for path in templates.font_folders()]
        )
        self._compiler = typst.Compiler(
            str(templates.folder / MAIN), root=str(templates.folder), font_paths=fonts
        )

    def render(self, letters: Sequence[Letter], *, invented: bool = False) -> Rendered:
        """Set letters, in their order, each from a page 1 of its own.

        Args:
            letters: at least one.
            invented: nothing in them is secret or personal, so errors may show all that Typst says, and what
                it warns of is an error.

        Raises:
            TemplateError: a language is unknown, or Typst cannot set a letter.
        """
        settings = self.templates.settings
        contents = [
            content_of(letter, settings, self.templates.language(letter.language)) for letter in letters
        ]
        dated = max(letter.dated for letter in letters)
        title = contents[0]["title"] if len(contents) == 1 else f"{contents[0]['title']} ({len(contents)})"
        run = {
            "title": title,
            "author": settings.name,
            "language": letters[0].language,
            "date": {"year": dated.year, "month": dated.month, "day": dated.day},
            "duplex": settings.duplex,
            "letters": contents,
        }
        try:
            pdf, warnings = self._compiler.compile_with_warnings(
                sys_inputs={"run": json.dumps(run)},
                pdf_standards=STANDARDS,
                timestamp=datetime.combine(dated, time(12), UTC),
            )
            pages = json.loads(self._compiler.query("<letter-pages>", field="value", one=True))
        except RuntimeError as error:
            raise _failure(self.templates, error, invented) from None
        finally:
            # the compiler would keep the letters until the next ones
            run.clear()
        if invented and warnings:
            raise TemplateError(
                f"Typst warns of the templates in {self.templates.folder}: "
                + "; ".join(f"{warning.message} ({', '.join(warning.hints)})" for warning in warnings)
            )
        begins: list[int] = pages["begins"]
        ends = [*(following - 1 for following in begins[1:]), pages["last"]]
        return Rendered(cast(bytes, pdf), tuple(zip(begins, ends, strict=True)))


def _failure(templates: Templates, error: RuntimeError, invented: bool) -> TemplateError:
    """What went wrong, without what Typst quotes of letters: it may be a name, or able to pay."""
    diagnostic = str(getattr(error, "diagnostic", "") or error)
    if invented:
        return TemplateError(f"Typst cannot set the templates in {templates.folder}:\n{diagnostic}")
    place = _PLACE.search(diagnostic)
    where = f" (at {place[1]}, line {place[2]})" if place else ""
    return TemplateError(
        f"Typst cannot set a letter with the templates in {templates.folder}{where}: "
        "run kindpakket letters sample, which shows the whole message with invented data"
    )
