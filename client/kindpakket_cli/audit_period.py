"""What the commands of the legality report share: the period, the blocks that are read, errors and files."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kindpakket_cli.audit_evidence import Evidence
from kindpakket_cli.contract import Wrong
from kindpakket_cli.files import READABLE
from kindpakket_cli.output import counted
from kindpakket_cli.session import Session

if TYPE_CHECKING:
    from fabric_gateway.blocks import Block
    from kindpakket.auditor.legality import Facts, Period, Settings

_ERRORS = {
    "kindpakket.auditor.legality.errors": ("LegalityError", "USAGE"),
    "kindpakket.auditor.sampling.errors": ("SamplingError", "USAGE"),
    "kindpakket.auditor.disclosure.documents": ("DisclosureError", "FILE"),
    "kindpakket.report.legality.settings_file": ("SettingsError", "FILE"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: the period, up to which block, by which settings.

    Attributes:
        first_day, last_day: the period; None: the life of the only scheme that is named.
        schemes: ids of schemes; none: all that had started.
        as_at: the last block to read; None: the last one that there is.
        settings: the file of settings.
        number: the auditor's own number; "" without one.
    """

    first_day: str | None
    last_day: str | None
    schemes: Sequence[str]
    as_at: int | None
    settings: Path
    number: str

    def period(self, facts: Facts) -> Period:
        """The period on this ledger.

        Raises:
            LegalityError: there is no such period.
        """
        from kindpakket.auditor.legality import period_of, period_of_scheme

        if self.first_day is not None and self.last_day is not None:
            return period_of(facts, self.first_day, self.last_day, self.schemes)
        return period_of_scheme(facts, self.schemes[0])

    def read_settings(self) -> Settings:
        """The settings.

        Raises:
            SettingsError: the file has mistakes.
        """
        from kindpakket.report.legality import read_settings

        return read_settings(self.settings)


def period_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say what it is about, as one parameter `asked`."""

    @click.option("--from", "first_day", metavar="DAY", help="The first day, such as 2026-01-01.")
    @click.option("--to", "last_day", metavar="DAY", help="The last day, such as 2026-12-31.")
    @click.option(
        "--scheme",
        "schemes",
        multiple=True,
        metavar="ID",
        help="Only this scheme; repeat for more. A closed scheme alone, without days: its whole life.  "
        "[default: all that had started]",
    )
    @click.option(
        "--as-at",
        type=click.IntRange(min=0),
        metavar="BLOCK",
        help="Read up to this block.  [default: the last one]",
    )
    @click.option(
        "--settings",
        type=READABLE,
        required=True,
        envvar="KINDPAKKET_AUDIT_SETTINGS",
        show_envvar=True,
        help="A YAML file with the council's limits and what the sample must achieve.",
    )
    @click.option(
        "--number",
        default="",
        metavar="HEX",
        help="The auditor's own number, if the settings have its commitment.",
    )
    @functools.wraps(command)
    def asking(
        *args: Any,
        first_day: str | None,
        last_day: str | None,
        schemes: tuple[str, ...],
        as_at: int | None,
        settings: Path,
        number: str,
        **kwargs: Any,
    ) -> None:
        if (first_day is None) != (last_day is None):
            raise click.UsageError("--from and --to belong together: give both")
        if first_day is None and len(schemes) != 1:
            raise click.UsageError("give --from and --to, or the --scheme of a closed scheme")
        asked = Asked(first_day, last_day, schemes, as_at, settings, number)
        command(*args, asked=asked, **kwargs)

    return asking


def observed(session: Session, as_at: int | None = None, evidence: Evidence | None = None) -> Facts:
    """What is in the blocks, from the first one on.

    Args:
        session: the command's session.
        as_at: the last block; None: the last one that there is.
        evidence: where the blocks come from; None: the user's own peer.

    Raises:
        Wrong: there is no such block, or the files do not say which transactions are valid.
    """
    from fabric_gateway.blocks import Block
    from kindpakket.auditor.legality import Observer

    with (evidence or Evidence()).blocks(session) as source:
        observer = Observer(source.domain)
        with counted(source.size, "Blocks" if source.auditor else "Bytes of blocks") as progress:
            last = None
            for message in source.read(0):
                block = Block.decode(message)
                _check_validated(block)
                observer.add(block)
                last = block.number
                if progress is not None:
                    progress(source.measure(message))
                if last == as_at:
                    break
        if as_at is not None and last != as_at:
            whose = "your peer has" if source.auditor else "the files have"
            raise Wrong(f"{whose} no block {as_at}: the last one is {last}", "NO_SUCH")
    return observer.facts()


def _check_validated(block: Block) -> None:
    """A report takes over which transactions are valid, which only a peer's blocks say."""
    if any(transaction.code == "NOT_VALIDATED" for transaction in block.transactions):
        raise Wrong(
            f"block {block.number} does not say which of its transactions are valid, like the files of an "
            "orderer: copy those of a peer",
            "FILE",
        )


@contextmanager
def explained() -> Iterator[None]:
    """End a command with a sentence when a period, a setting or a file cannot be used."""
    try:
        yield
    except ValueError as error:
        for name, (kind, code) in _ERRORS.items():
            module = sys.modules.get(name)
            if module is not None and isinstance(error, getattr(module, kind)):
                raise Wrong(str(error), code) from error
        raise


def write_private(path: Path, content: bytes, *, overwrite: bool = False) -> None:
    """Write a file that only its owner can read, whole or not at all.

    Raises:
        Wrong: it exists, and may not be replaced.
    """
    if path.exists() and not overwrite:
        raise Wrong(f"{path} exists already: name a new file", "FILE")
    part = path.with_name(f"{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    part.replace(path)
