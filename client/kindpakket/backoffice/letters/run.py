"""A run: letters for many households, with a manifest for the print house, whole or not there.

    summary = write_letters(orders, Path("letters-2027"), Templates.load(Path("templates")))

The letters are gathered in a hidden folder beside the given one, which gets its name when all are there. A
run that was interrupted goes on with the same orders; what it had finished is not made again.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdnum.nl import bsn

from kindpakket.backoffice.letters import manifest
from kindpakket.backoffice.letters.journal import Journal, RunError, tidy
from kindpakket.backoffice.letters.manifest import Totals
from kindpakket.backoffice.letters.order import Order, Printed, VoucherRecord
from kindpakket.backoffice.letters.renderer import Renderer
from kindpakket.backoffice.letters.sample import sample_letter
from kindpakket.backoffice.letters.templates import Templates

__all__ = ["RunError", "Summary", "read_records", "write_letters"]

_REFERENCE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_BSN_DIGITS = (8, 9)
_TRIED_PAGES = 4  # of the invented letter that shows mistakes in the layout before a secret is drawn


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run made.

    Attributes:
        folder: the letters and the manifest, for the print house. Whoever has it can spend the vouchers.
        records: what the municipality keeps, a `VoucherRecord` in JSON on each line; see `read_records`.
        totals: the sums of the manifest.
    """

    folder: Path
    records: Path
    totals: Totals


def write_letters(
    orders: Iterable[Order],
    folder: Path,
    templates: Templates,
    *,
    per_file: int = 1,
    run: str = "",
    progress: Callable[[int], None] | None = None,
) -> Summary:
    """Make the letters of orders.

    Args:
        orders: the households, in the order of printing; taken one by one, so memory does not grow with them.
        folder: the folder to make; it must not exist.
        templates: the municipality's.
        per_file: how many letters a PDF has; 1: each has its own file and hash.
        run: an id that the manifest shows, and that must be the same when a run goes on.
        progress: called with the number of letters that are done.

    Raises:
        RunError: the folder exists; a reference is not a code, is a BSN, or appears twice; or an interrupted
            run had other orders, templates or numbers per file.
        TemplateError: the templates cannot set a letter; what was finished stays, and the run can go on.
    """
    if per_file < 1:
        raise RunError(f"{per_file} letters per file: give at least 1")
    if finished := finished_run(folder, run):
        return finished
    records = _records_of(folder)
    if folder.exists():
        raise RunError(f"{folder} exists: give a folder that does not")
    renderer = Renderer(templates)
    renderer.render([sample_letter(min(templates.languages), pages=_TRIED_PAGES)], invented=True)
    terms = {"run": run, "templates_sha256": templates.sha256, "per_file": per_file}
    with Journal(unfinished_folder(folder), terms) as journal:
        _make(orders, journal, renderer, per_file, progress)
        members = {**terms, "duplex": templates.settings.duplex}
        totals = manifest.write(journal.folder, journal.entries(), members)
        _write_records(records, journal)
        journal.finish(folder)
    return Summary(folder, records, totals)


def finished_run(folder: Path, run: str) -> Summary | None:
    """What a run made, if it has been finished; None: it has not.

    A folder that no run is known for counts only if its run was killed at the very end.
    """
    if tidy(folder) or (run and folder.exists() and manifest.run_of(folder) == run):
        return Summary(folder, _records_of(folder), manifest.totals_of(folder))
    return None


def unfinished_folder(folder: Path) -> Path:
    """Where the letters of a folder are gathered until all are there."""
    return folder.with_name(f".{folder.name}.unfinished")


def read_records(path: Path) -> Iterable[VoucherRecord]:
    """The records of a run, voucher by voucher.

    Raises:
        OSError: the file cannot be read.
        ValueError: it has something else in it.
    """
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield VoucherRecord.of_members(json.loads(line))


def _records_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}-records.jsonl")


def _make(
    orders: Iterable[Order],
    journal: Journal,
    renderer: Renderer,
    per_file: int,
    progress: Callable[[int], None] | None,
) -> None:
    done = list(journal.references)
    seen: set[str] = set()
    group: list[Order] = []
    for number, order in enumerate(orders, 1):
        _check(order.reference, number, seen)
        if number <= len(done):
            if order.reference != done[number - 1]:
                raise _other_orders(journal)
            continue
        group.append(order)
        if len(group) == per_file:
            _set(group, number, journal, renderer)
            group.clear()
            if progress is not None:
                progress(number)
    if len(seen) < len(done):
        raise _other_orders(journal)
    if not seen:
        raise RunError("there are no orders: give at least one")
    if group:
        _set(group, len(seen), journal, renderer)
        if progress is not None:
            progress(len(seen))


def _check(reference: str, number: int, seen: set[str]) -> None:
    if not _REFERENCE.fullmatch(reference):
        raise RunError(
            f"the reference of order {number} is not a code: "
            "give 1 to 64 lower-case letters, digits and hyphens"
        )
    if reference.isdigit() and len(reference) in _BSN_DIGITS and bsn.is_valid(reference.zfill(9)):
        raise RunError(f"the reference of order {number} can be a BSN: give one that means nothing elsewhere")
    if reference in seen:
        raise RunError(f"the reference of order {number} appears twice: give each household its own")
    seen.add(reference)


def _other_orders(journal: Journal) -> RunError:
    return RunError(
        f"the interrupted run in {journal.folder} had other orders: give the same ones in the same order, or "
        "delete the folder to start anew"
    )


def _set(orders: Sequence[Order], last: int, journal: Journal, renderer: Renderer) -> None:
    made: list[Printed] = [order.make() for order in orders]
    rendered = renderer.render([printed.letter for printed in made])
    first = last - len(orders) + 1
    duplex = renderer.templates.settings.duplex
    letters: list[dict[str, Any]] = []
    for number, order, printed, (begins, ends) in zip(
        range(first, last + 1), orders, made, rendered.pages, strict=True
    ):
        pages = ends - begins + 1
        vouchers = printed.letter.vouchers
        letters.append(
            {
                "number": number,
                "reference": order.reference,
                "first_page": begins,
                "pages": pages,
                "sheets": -(-pages // 2) if duplex else pages,
                "language": printed.letter.language,
                "vouchers": len(vouchers),
                "slips": sum(voucher.booklet.pages - 1 for voucher in vouchers if voucher.booklet),
            }
        )
    records = [record.as_members() for printed in made for record in printed.records]
    name = f"{first:06}.pdf" if len(orders) == 1 else f"{first:06}-{last:06}.pdf"
    journal.add(name, rendered.pdf, {"letters": letters, "records": records})


def _write_records(path: Path, journal: Journal) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        for entry in journal.entries():
            for record in entry["records"]:
                file.write(json.dumps(record) + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
