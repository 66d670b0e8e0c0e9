"""The order that goes to the print house with the letters: what to print, and how to know it is whole."""

from __future__ import annotations

import hashlib
import os
import string
from pathlib import Path

from kindpakket.backoffice.letters import Summary, TemplateError, Templates
from kindpakket.backoffice.letters.manifest import JSON_NAME
from kindpakket.backoffice.letters.templates import packaged

NAME = "order.txt"
"""The text of the order in a folder of templates; without one, Kindpakket's own is used."""
_WORDS = (
    "run",
    "folder",
    "letters",
    "files",
    "pages",
    "sheets",
    "slips",
    "duplex",
    "manifest_sha256",
    "sender",
)


def order_text(templates: Templates) -> str:
    """The text of the order, with its words in { } not filled in yet.

    Raises:
        TemplateError: it has a word that is not known.
    """
    path = templates.folder / NAME
    if not path.is_file():
        path = packaged() / NAME
    try:
        text = path.read_text("utf-8")
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise TemplateError(f"{path} cannot be read: {error}") from None
    unknown = sorted(names - set(_WORDS))
    if unknown:
        raise TemplateError(f"{path} has {{{unknown[0]}}}: allowed are {', '.join(_WORDS)}")
    return text


def write_order(summary: Summary, templates: Templates, run: str) -> Path:
    """Write the order beside the folder of the letters; return its path."""
    manifest = summary.folder / JSON_NAME
    totals = summary.totals
    text = order_text(templates).format(
        run=run,
        folder=summary.folder.name,
        letters=totals.letters,
        files=totals.files,
        pages=totals.pages,
        sheets=totals.sheets,
        slips=totals.slips,
        duplex="dubbelzijdig" if templates.settings.duplex else "enkelzijdig",
        manifest_sha256=hashlib.sha256(manifest.read_bytes()).hexdigest(),
        sender=templates.settings.name,
    )
    path = summary.folder.with_name(f"{summary.folder.name}-order.txt")
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, "utf-8")
    os.replace(beside, path)  # noqa: PTH105 - as elsewhere, whole or not there
    return path
