"""The municipality's file of entitled children, and the register that ties vouchers to them."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kindpakket.backoffice.citizens import OPTIONAL, REQUIRED, read_file
from kindpakket.backoffice.register import Bulk, Purpose, Register
from kindpakket_demo import town
from kindpakket_demo.desk import Desk
from kindpakket_demo.schemes import PRESET, OpenScheme


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Children who are entitled, with the voucher ids drawn for them."""

    bulks: list[Bulk]
    personal_values: list[str]

    @property
    def vouchers(self) -> list[str]:
        """Ids of the vouchers."""
        return [entry.voucher for bulk in self.bulks for entry in bulk.entries]


def write_file(path: Path, children: Sequence[town.Child]) -> None:
    """Write the file in the form in which the municipality's case system exports it."""
    with os.fdopen(
        os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8", newline=""
    ) as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow((*REQUIRED, *OPTIONAL))
        for number, child in enumerate(children, 1):
            case = f"Z-{child.born.year}-{number:05}"
            rows.writerow(
                (child.bsn, child.first_name, child.family_name, child.born, child.household, case, PRESET, 1)
            )


def enrol(
    desk: Desk, path: Path, scheme: OpenScheme, first: int | None = None, product: str | None = None
) -> Enrolled:
    """Read the file, all of it or nothing, and draw a voucher id for each child, or for the first few.

    With a product, the vouchers are for that product, in addition to those that the children already have.
    """
    period = scheme.rules["starts_on"][:4]
    children = read_file(path)[:first]
    if product is not None:
        children = [replace(child, preset=product, units=1) for child in children]
        period = f"{period}-{product}"
    purpose = Purpose("demo", "enrolment")
    with Register(desk.results / "register.sqlite", keys=desk.results / "keys", purpose=purpose) as register:
        bulks = register.enrol(scheme.id, period, children)
        return Enrolled(bulks, register.personal_values())
