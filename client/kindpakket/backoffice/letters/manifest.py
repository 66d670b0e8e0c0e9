"""The list that goes to the print house with the letters: every letter, its pages and hash, and the sums.

It names nobody, and contains nothing that can spend or block a voucher.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

LAYOUT = 1
JSON_NAME = "manifest.json"
CSV_NAME = "manifest.csv"
COLUMNS = (
    "number",
    "reference",
    "file",
    "first_page",
    "pages",
    "sheets",
    "language",
    "vouchers",
    "slips",
    "sha256",
)
"""Columns of the CSV file, and members of a letter in the JSON file. `sha256` is of the letter's file."""
_SUMS = ("pages", "sheets", "vouchers", "slips")


@dataclass(slots=True)
class Totals:
    """The sums of a run.

    Attributes:
        letters: letters.
        files: PDF files.
        pages: printed pages.
        sheets: sheets of paper.
        vouchers: vouchers.
        slips: slips of booklets.
        languages: letters by language.
    """

    letters: int = 0
    files: int = 0
    pages: int = 0
    sheets: int = 0
    vouchers: int = 0
    slips: int = 0
    languages: dict[str, int] = field(default_factory=dict)


def write(folder: Path, entries: Iterable[Mapping[str, Any]], members: Mapping[str, object]) -> Totals:
    """Write both forms of the manifest into a folder, letter by letter.

    Args:
        folder: the folder of the letters.
        entries: the files, each with `file`, `sha256` and `letters`.
        members: what the JSON form says besides.
    """
    totals = Totals()
    languages: Counter[str] = Counter()
    with (
        (folder / CSV_NAME).open("w", encoding="utf-8", newline="") as table,
        (folder / JSON_NAME).open("w", encoding="utf-8") as document,
    ):
        rows = csv.DictWriter(table, COLUMNS)
        rows.writeheader()
        document.write(json.dumps({"layout": LAYOUT, **members})[:-1] + ', "letters": [')
        for entry in entries:
            totals.files += 1
            for letter in entry["letters"]:
                line = {**letter, "file": entry["file"], "sha256": entry["sha256"]}
                rows.writerow(line)
                comma = "," if totals.letters else ""
                document.write(f"{comma}\n{json.dumps({name: line[name] for name in COLUMNS})}")
                totals.letters += 1
                languages[letter["language"]] += 1
                for name in _SUMS:
                    setattr(totals, name, getattr(totals, name) + letter[name])
        totals.languages = dict(sorted(languages.items()))
        document.write(f'\n], "totals": {json.dumps(asdict(totals))}}}\n')
        for file in (table, document):
            file.flush()
            os.fsync(file.fileno())
    return totals


def totals_of(folder: Path) -> Totals:
    """The sums that a folder's manifest says."""
    return Totals(**json.loads((folder / JSON_NAME).read_text("utf-8"))["totals"])


def run_of(folder: Path) -> str:
    """The id of the run that a folder's manifest names; "" if there is none."""
    try:
        document = json.loads((folder / JSON_NAME).read_text("utf-8"))
    except FileNotFoundError:
        return ""
    return str(document.get("run", ""))


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """The letters that a folder's manifest lists."""
    return list(json.loads((folder / JSON_NAME).read_text("utf-8"))["letters"])


def problems(folder: Path) -> list[str]:
    """What does not agree between a folder of letters and its manifest; none: all is as it was written.

    Raises:
        OSError: the folder or its manifest cannot be read.
        ValueError: the manifest is not JSON.
    """
    document = json.loads((folder / JSON_NAME).read_text("utf-8"))
    found = []
    hashes = {letter["file"]: letter["sha256"] for letter in document["letters"]}
    for name, sha256 in hashes.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            found.append(f"{name} is missing: ask for it again")
            continue
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                found.append(f"{name} is not the file that was made: ask for it again")
    for path in sorted(folder.iterdir()):
        if path.name not in {*hashes, JSON_NAME, CSV_NAME}:
            found.append(f"{path.name} is not in the manifest: do not print it")
    sums = {name: sum(letter[name] for letter in document["letters"]) for name in _SUMS}
    sums |= {"letters": len(document["letters"]), "files": len(hashes)}
    for name, count in sums.items():
        if document["totals"][name] != count:
            found.append(f"the manifest says {document['totals'][name]} {name}, and lists {count}")
    return found
