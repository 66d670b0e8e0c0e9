"""The folder that says how a municipality's letters look: Typst files, texts, settings, logo and fonts."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from kindpakket.backoffice.letters.language import Language
from kindpakket.backoffice.letters.settings import Settings
from kindpakket.backoffice.letters.yaml_file import TemplateError, refuse
from kindpakket.extras import missing

MAIN = "main.typ"
"""The file that is set; it imports `letter.typ`."""
_NEEDED = (MAIN, "letter.typ")
_FONT_PACKAGE = "font_source_sans_pro"


@dataclass(frozen=True, slots=True)
class Templates:
    """Checked templates.

    Attributes:
        folder: where they are.
        settings: what all letters have in common.
        languages: the texts, by the language's code.
        sha256: hash over all files of the folder and their names, 64 hexadecimal characters.
    """

    folder: Path
    settings: Settings
    languages: Mapping[str, Language]
    sha256: str

    @classmethod
    def load(cls, folder: Path | None = None) -> Templates:
        """Read and check templates.

        Args:
            folder: a folder that `copy` made; None: the ones that Kindpakket comes with.

        Raises:
            TemplateError: something in them is wrong; the message lists all mistakes.
        """
        folder = packaged() if folder is None else folder
        mistakes = [
            f"{folder / name} is missing: take it from kindpakket letters template"
            for name in _NEEDED
            if not (folder / name).is_file()
        ]
        paths = sorted((folder / "languages").glob("*.yaml"))
        if not paths:
            mistakes.append(f"{folder / 'languages'} has no language, such as nl.yaml: add one")
        settings = None
        languages = {}
        try:
            settings = Settings.load(folder)
        except TemplateError as error:
            mistakes += _listed(error)
        for path in paths:
            try:
                languages[path.stem] = Language.load(path)
            except TemplateError as error:
                mistakes += _listed(error)
        if settings is not None:
            for code in sorted(set(settings.by_language) - {path.stem for path in paths}):
                mistakes.append(
                    f"{folder / 'settings.yaml'}: the language {code} has no file languages/{code}.yaml"
                )
        refuse(mistakes)
        if settings is None:  # refuse has raised
            raise AssertionError
        return cls(folder, settings, languages, _hash(folder))

    def language(self, code: str) -> Language:
        """The texts in a language.

        Raises:
            TemplateError: there is no file for it.
        """
        if code not in self.languages:
            known = ", ".join(sorted(self.languages))
            raise TemplateError(
                f"there is no language {code!r} in {self.folder}: use {known}, or add languages/{code}.yaml"
            )
        return self.languages[code]

    def font_folders(self) -> list[Path]:
        """Where the fonts are: those of the folder before the packaged ones.

        Raises:
            MissingExtra: the packaged font is not installed.
        """
        spec = importlib.util.find_spec(_FONT_PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise missing("backoffice", ModuleNotFoundError(name=_FONT_PACKAGE))
        own = self.folder / "fonts"
        packaged_fonts = Path(spec.submodule_search_locations[0]) / "files"
        return [*([own] if own.is_dir() else []), packaged_fonts]


def packaged() -> Path:
    """The folder of the templates that Kindpakket comes with."""
    with as_file(files("kindpakket.backoffice.letters") / "data") as folder:
        return folder


def copy(folder: Path) -> list[Path]:
    """Copy the templates that Kindpakket comes with to a new folder, to change them there.

    Returns:
        The files that were written.

    Raises:
        FileExistsError: the folder exists and is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty: give a new folder")
    beside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(packaged(), beside)
    if folder.exists():
        folder.rmdir()
    beside.rename(folder)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _listed(error: TemplateError) -> list[str]:
    """The mistakes of an error that `refuse` raised, or its only sentence."""
    first, *mistakes = str(error).splitlines()
    return [mistake.strip() for mistake in mistakes] or [first]


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix().encode()
        for part in (name, content):
            digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()
