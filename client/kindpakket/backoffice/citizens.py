"""The municipality's file of entitled children: personal data, which never leaves the municipality.

The file is CSV, XLSX or ODS, with these columns in any order, by these or their usual names in Dutch or
English, or as a mapping says (`kindpakket.backoffice.intake.mapping`):

    bsn;voornamen;achternaam;geboortedatum;huishouden;zaaknummer;regeling_preset;eenheden

`eenheden` is optional and 1 by default; `regeling_preset` is optional if presets depend on age. So are
`voorvoegsels`, which become part of the family name, and `bedrag`, an amount in euros that must agree with
the scheme. `kindpakket intake check` shows how a file is read and all that is odd about it; here, any error
refuses the whole file.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Callable
from pathlib import Path

from kindpakket.backoffice.ages import Ages
from kindpakket.backoffice.intake.check import check_table
from kindpakket.backoffice.intake.child import Child
from kindpakket.backoffice.intake.mapping import OPTIONAL, PRESET, REQUIRED, ColumnMapping
from kindpakket.backoffice.intake.opening import open_table
from kindpakket.backoffice.intake.table import TableError
from kindpakket.backoffice.mistakes import FileError, Mistake
from kindpakket.ledger.records import Rules

__all__ = [
    "OPTIONAL",
    "PRESET",
    "REQUIRED",
    "Child",
    "CitizensError",
    "Mistake",
    "entitlement_id",
    "read_bytes",
    "read_file",
    "read_into",
]

_SHOWN = 1000


class CitizensError(FileError):
    """The file has mistakes; nothing was read from it."""

    def _sentence(self) -> str:
        more = len(self.mistakes) - _SHOWN
        rest = f"\n  and {more:,} more: kindpakket intake check lists them all" if more > 0 else ""
        return f"{self.source} has {self.counted}; correct the file and try again:{self.listed(_SHOWN)}{rest}"


def read_file(
    path: Path,
    ages: Ages | None = None,
    *,
    mapping: ColumnMapping | None = None,
    rules: Rules | None = None,
) -> list[Child]:
    """Read a file of entitled children, all of it or nothing.

    Args:
        path: the file.
        ages: gives the preset if `regeling_preset` is empty or missing; default: each line must have one.
        mapping: the names of its columns, and how it is to be read if that cannot be known from the file.
        rules: the scheme's rules: presets must be in them, and an amount must be what they give.

    Returns:
        The children, in the order of the file.

    Raises:
        CitizensError: the file has mistakes, or its encoding can only be guessed; all mistakes are listed.
        OSError: the file cannot be read.
        MissingExtra: the packages that read its format are not installed.
    """
    children: list[Child] = []
    _read(path, str(path), ages, mapping, rules, children.append)
    return children


def read_into(
    path: Path,
    accept: Callable[[Child], None],
    ages: Ages | None = None,
    *,
    mapping: ColumnMapping | None = None,
    rules: Rules | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Read such a file without keeping it: each child is given away as it comes.

    Args:
        path: the file.
        accept: takes each child. If the file turns out to have mistakes, what it took may not be used.
        ages: as for `read_file`.
        mapping: as for `read_file`.
        rules: as for `read_file`.
        progress: is called now and then with how much has been read, and how much there is.

    Raises:
        CitizensError, OSError, MissingExtra: as for `read_file`.
    """
    _read(path, str(path), ages, mapping, rules, accept, progress)


def read_bytes(
    content: bytes,
    source: str = "the file",
    ages: Ages | None = None,
    *,
    mapping: ColumnMapping | None = None,
    rules: Rules | None = None,
) -> list[Child]:
    """Read the content of such a file; `source` is its name in errors. Otherwise as `read_file`."""
    children: list[Child] = []
    _read(content, source, ages, mapping, rules, children.append)
    return children


def entitlement_id(secret: bytes, scheme: str, bsn: str, period: str) -> str:
    """The id that shows the ledger that a child has had its voucher, without revealing the child.

    The first 32 hexadecimal characters of HMAC-SHA256 over scheme, BSN and period, each preceded by its
    length in four bytes, big-endian.

    Args:
        secret: the municipality's key, at least 32 bytes. Anyone who has it can find children by trying all
            BSNs.
        scheme: id of the scheme.
        bsn: citizen service number, nine digits.
        period: the period in which a child gets one voucher, such as `2026`.

    Returns:
        32 hexadecimal characters.

    Raises:
        ValueError: the secret is shorter than 32 bytes.
    """
    if len(secret) < 32:
        raise ValueError(f"the secret has {len(secret)} bytes: it must have at least 32")
    fields = [field.encode() for field in (scheme, bsn, period)]
    message = b"".join(struct.pack(">I", len(field)) + field for field in fields)
    return hmac.new(secret, message, hashlib.sha256).hexdigest()[:32]


def _read(
    file: Path | bytes,
    name: str,
    ages: Ages | None,
    mapping: ColumnMapping | None,
    rules: Rules | None,
    accept: Callable[[Child], None],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    try:
        with open_table(file, mapping) as table:
            source = table.source
            if source.doubtful_line:
                reason = (
                    "not UTF-8: export the file as UTF-8, or give its encoding, which may be "
                    f"{source.encoding}; kindpakket intake check shows more"
                )
                raise TableError(source.doubtful_line, reason)
            check = check_table(table, mapping, ages=ages, rules=rules, accept=accept, progress=progress)
    except TableError as error:
        raise CitizensError(name, [Mistake(error.line, error.reason)]) from None
    if not check.passed:
        raise CitizensError(
            name,
            [
                Mistake(finding.line, check.sentence(finding), source.place)
                for finding in check.findings
                if finding.reason.severity == "error"
            ],
        )
