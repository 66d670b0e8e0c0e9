"""What an audit compares with the blocks besides the state: a ledger view, payment files, statements."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from kindpakket_cli.bank_files import matched
from kindpakket_cli.contract import Wrong
from kindpakket_cli.files import READABLE

if TYPE_CHECKING:
    from kindpakket.auditor.books import Books
    from kindpakket.auditor.finding import Finding, Kind, Part
    from kindpakket.backoffice.bank.breaks import Break
    from kindpakket.backoffice.bank.outcomes import Outcome
    from kindpakket.ledger.records import Settlement
    from kindpakket.ledgerview import LedgerView
    from kindpakket_cli.audit_evidence import Blocks

_ERRORS = frozenset(
    {
        *("contradiction", "not-exported", "not-on-ledger", "ordered-twice", "other-amount", "other-file"),
        *("paid-twice", "returned-twice", "unknown-payment"),
    }
)
"""Kinds of breaks that are wrong; others are not known yet, such as an answer that the bank still owes."""
_OF_FILES = frozenset({"file-missing", "not-exported", "not-on-ledger", "ordered-twice", "other-file"})
_BATCH = 500
_SHOWN = 10
"""So many rows of a table of a view are named."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What was given to be compared.

    Attributes:
        view: the path or URL of a ledger view.
        payments: payment files.
        statements: statements and status reports of the bank.
    """

    view: str | None
    payments: tuple[Path, ...]
    statements: tuple[Path, ...]

    def check(self) -> None:
        """Refuse what cannot be compared.

        Raises:
            Wrong: statements were given without the payment files that they answer.
        """
        if self.statements and not self.payments:
            raise Wrong("--statements are compared with payment files: give these by --payments")

    def findings(self, source: Blocks, books: Books, height: int) -> Iterator[Finding]:
        """What differs from the blocks."""
        if self.view is not None:
            yield from _view_findings(self.view, source, height)
        if self.payments:
            yield from _bank_findings(self.payments, self.statements, books)


def compared_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that name what is compared, as one parameter `compared`."""

    @click.option("--view", metavar="FILE|URL", help="Compare a ledger view: row by row, with all versions.")
    @click.option(
        "--payments", type=READABLE, multiple=True, help="Compare this payment file; repeat for several."
    )
    @click.option(
        "--statements",
        type=READABLE,
        multiple=True,
        help="Compare this statement or status report of the bank; repeat for several.",
    )
    @functools.wraps(command)
    def given(
        *arguments: Any,
        view: str | None,
        payments: tuple[Path, ...],
        statements: tuple[Path, ...],
        **named: Any,
    ) -> None:
        compared = Compared(view, payments, statements)
        compared.check()
        command(*arguments, compared=compared, **named)

    return given


def _finding(
    part: Part, rule: str, kind: Kind, sentence: str, cents: int | None = None, block: int = -1
) -> Finding:
    from kindpakket.auditor.finding import Finding

    return Finding(block, "", part, rule, kind, sentence, cents)


def _view_findings(where: str, source: Blocks, height: int) -> Iterator[Finding]:
    """Where a view differs from one that is made anew of the same blocks."""
    from kindpakket.ledgerview import LedgerView

    domain = source.domain
    with (
        tempfile.TemporaryDirectory(prefix="kindpakket-audit-") as folder,
        LedgerView(where) as view,
        LedgerView(Path(folder) / "view.db", channel=domain.channel, chaincode=domain.chaincode) as own,
    ):
        if (view.channel, view.chaincode) != (domain.channel, domain.chaincode):
            raise Wrong(f"the view {where} is of {view.chaincode} on {view.channel}", "FILE")
        reached = min(view.height, height)
        if view.height > height:
            sentence = (
                f"the view has {view.height} blocks, and {height} were audited: it was compared to there"
            )
            yield _finding("view", "view/ahead", "uncertainty", sentence)
        if reached:
            _make(own, source, reached)
            yield from _rows_apart(view, own, reached)


def _make(own: LedgerView, source: Blocks, height: int) -> None:
    from fabric_gateway.blocks import Block

    wanted = takewhile(lambda message: message.header.number < height, source.read(0))
    blocks = map(Block.decode, wanted)
    with own.adding() as adding:
        while batch := list(islice(blocks, _BATCH)):
            adding.add(batch)


def _rows_apart(view: LedgerView, own: LedgerView, height: int) -> Iterator[Finding]:
    from kindpakket.ledgerview import TABLES

    with view.reading(height - 1) as theirs, own.reading(height - 1) as ours:
        if theirs.moment != ours.moment:
            sentence = f"the view is at {theirs.moment}, which is not {ours.moment} of the blocks"
            yield _finding("view", "view/moment", "error", sentence, block=height - 1)
        for table in TABLES:
            pairs = zip_longest(theirs.rows(table, history=True), ours.rows(table, history=True))
            apart = (
                (one, other) for one, other in pairs if one is None or other is None or [*one] != [*other]
            )
            names = [column.name for column in theirs.columns(table, history=True)]
            for one, other in islice(apart, _SHOWN):
                yield _finding("view", f"view/{table.name}", "error", _apart(table.name, names, one, other))


def _apart(
    table: str, names: Sequence[str], theirs: Sequence[object] | None, ours: Sequence[object] | None
) -> str:
    if theirs is None or ours is None:
        row = dict(zip(names, theirs or ours or (), strict=False))
        lacks = "lacks a row" if theirs is None else "has a row too many"
        return f"table {table} of the view {lacks}, of block {row.get('block')}: {row.get('id', '')}"
    said = [
        f"{name} is {mine!r} instead of {right!r}"
        for name, mine, right in zip(names, theirs, ours, strict=True)
        if mine != right
    ]
    row = dict(zip(names, ours, strict=True))
    return f"table {table} of the view, block {row.get('block')}, {row.get('id', '')}: {', '.join(said[:5])}"


def _bank_findings(payments: Sequence[Path], statements: Sequence[Path], books: Books) -> Iterator[Finding]:
    """Every break of ledger, payment files and bank."""
    from kindpakket.backoffice.bank.breaks import three_way
    from kindpakket.ledger.days import today

    orders, outcome = matched(payments, statements)
    certain = _certain(outcome, {order.settlement for order in orders})
    for found in three_way(orders, outcome, today(), records(books)):
        if statements or found.kind in _OF_FILES | {"other-amount"}:
            yield _of_break(found, wrong=found.kind in _ERRORS or found.line in certain)


def _certain(outcome: Outcome, settlements: set[str]) -> set[str]:
    """Lines to be decided on that name a payment, but with another amount or account: they are wrong."""
    return {proposal.line.id for proposal in outcome.proposed if proposal.line.end_to_end in settlements}


def _of_break(found: Break, *, wrong: bool) -> Finding:
    part: Part = "payments" if found.kind in _OF_FILES else "statements"
    kind: Kind = "error" if wrong else "uncertainty"
    cents = None if found.cents is None else abs(found.cents)
    return _finding(part, f"{part}/{found.kind}", kind, f"{found.what}: {found.what_to_do}", cents)


def records(books: Books) -> Iterator[Settlement]:
    """The settlements as the blocks have them, in the form of the ledger's records."""
    for book in books.settlements.values():
        members = {name: value for name, value in book.members().items() if value is not None}
        yield cast("Settlement", {"id": book.id, "scheme": book.scheme, **members})


def all_of(compared: Compared, source: Blocks) -> Callable[[Any], Iterable[Finding]]:
    """Compares what was read, once it was."""
    return lambda reading: compared.findings(source, reading.books, reading.chain.height)
