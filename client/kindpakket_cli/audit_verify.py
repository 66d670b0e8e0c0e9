"""`kindpakket audit verify`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.audit_compared import Compared, all_of, compared_options
from kindpakket_cli.audit_evidence import Blocks, Evidence, evidence_options
from kindpakket_cli.contract import Failed, Wrong, not_as_it_should_be
from kindpakket_cli.files import READABLE
from kindpakket_cli.output import complain, counted, note, print_table
from kindpakket_cli.session import Session, acting_as

if TYPE_CHECKING:
    from fabric_gateway.blocks import BlockMessage
    from fabric_gateway.verification import SignaturePool
    from kindpakket.auditor.audit import Audit
    from kindpakket.auditor.state import State
    from kindpakket.auditor.verification import LedgerCheck

_SHOWN = 100
"""So many findings are shown to people; the file of findings has all."""
_FEW_BYTES, _FEW_BLOCKS = 2_000_000, 200
"""So few bytes or blocks are verified sooner than other processes start."""
_TOLD_AFTER = 10_000
"""Every so many blocks, a run whose output goes to a file says how far it is."""


@click.command("verify")
@click.option(
    "--personal",
    type=READABLE,
    help="A file of names and numbers, one a line, that no block may contain.",
)
@click.option(
    "--findings",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every finding to this file, a JSON document a line.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="How many processes verify signatures.  [default: one for each core]",
)
@evidence_options
@compared_options
@acting_as("auditor")
def verify(
    session: Session,
    personal: Path | None,
    findings: Path | None,
    workers: int | None,
    evidence: Evidence,
    compared: Compared,
) -> None:
    """Verify every block, replay all requests, and compare the result with everything that there is.

    Of each block: who signed it, under the configuration then in force; every certificate, endorsement and
    read set, from which follows which transactions are valid; every rule, proof and cent of the requests, and
    what the chaincode wrote. The result is compared, to the cent, with the state of your own peer. With
    --blocks or --bundle no peer is asked, and no home is needed.

    If it is interrupted, run it again: it goes on where it was.

    Exit code 1: something is wrong. Uncertainties and notes are shown, and are not wrong.
    """
    from kindpakket.auditor.verification import LedgerCheck

    values = [] if personal is None else read_values(personal)
    anchor = evidence.known()
    with ExitStack() as stack:
        source = stack.enter_context(evidence.blocks(session))
        state = stack.enter_context(evidence.state(session, source, anchor))
        pool = stack.enter_context(_pool(source, state.height, workers))
        write = stack.enter_context(_findings_file(findings))
        run = _Run(source, state, LedgerCheck(state, source.domain.channel, anchor, pool), compared, write)
        result = run.audit(values)
        write(result.as_last_line())
        if session.as_json:
            session.answer(result.as_json())
        else:
            show(result, findings)
    if not result.passed:
        not_as_it_should_be()


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of an audit."""

    source: Blocks
    state: State
    check: LedgerCheck
    compared: Compared
    write: Callable[[Mapping[str, object]], None]

    def audit(self, values: list[str]) -> Audit:
        from kindpakket.auditor.offline import audit_blocks

        source, others = self.source, all_of(self.compared, self.source)
        try:
            with _progress(source, self.state.height) as progress:
                alone = partial(audit_blocks, source.read, source.domain)
                audit = alone if source.auditor is None else source.auditor.verify
                return audit(
                    values,
                    state=self.state,
                    checks=[self.check],
                    progress=progress,
                    others=others,
                    tell=lambda finding: self.write(finding.as_json()),
                )
        except KeyboardInterrupt:
            self.state.connection.rollback()
            raise Failed(
                f"interrupted: run it again with the same state, and it goes on at block {self.state.height}",
                "INTERRUPTED",
            ) from None


@contextmanager
def _pool(source: Blocks, height: int, workers: int | None) -> Iterator[SignaturePool | None]:
    """Processes that verify signatures, where there are enough of them."""
    from fabric_gateway.verification import SignaturePool

    few = source.size - height < _FEW_BLOCKS if source.auditor else source.size < _FEW_BYTES
    if workers == 1 or (workers is None and (few or len(os.sched_getaffinity(0)) == 1)):
        yield None
        return
    with SignaturePool(workers) as pool:
        yield pool


@contextmanager
def _progress(source: Blocks, height: int) -> Iterator[Callable[[BlockMessage], None]]:
    """Show how much has been read: a bar on a terminal, elsewhere a line now and then."""
    length = source.size if source.auditor is None else source.size - height
    done = 0
    with counted(max(length, 0), "Blocks" if source.auditor else "Bytes of blocks") as update:

        def show(message: BlockMessage) -> None:
            nonlocal done
            before, done = done, done + 1
            if update is not None:
                update(source.measure(message))
            elif before // _TOLD_AFTER != done // _TOLD_AFTER:
                note(f"{message.header.number + 1} blocks.")

        yield show


@contextmanager
def _findings_file(path: Path | None) -> Iterator[Callable[[Mapping[str, object]], None]]:
    """Writes JSON Lines; the file appears when all are in it."""
    if path is None:
        yield lambda _: None
        return
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            yield lambda line: print(json.dumps(line, ensure_ascii=False), file=file)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_values(path: Path) -> list[str]:
    """Names and numbers to search for.

    Raises:
        Wrong: the file is not UTF-8, or some are too short to search for.
    """
    from kindpakket.auditor.personal_data import MIN_LENGTH

    try:
        values = [line.strip() for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise Wrong(f"{path} is not UTF-8: {error.reason}") from error
    short = sum(len(value) < MIN_LENGTH for value in values)
    if short:
        raise Wrong(f"{short} lines of {path} have fewer than {MIN_LENGTH} characters: leave them out")
    return values


def show(result: Audit, findings: Path | None) -> None:
    """Show the result of an audit to people."""
    rows = [
        (
            scheme.rules["name"],
            scheme.id,
            str(len(scheme.vouchers)),
            euros(scheme.budget),
            euros(scheme.terms().issued),
            euros(scheme.terms().net),
            euros(scheme.terms().available),
        )
        for scheme in result.books.schemes.values()
    ]
    headings = ("scheme", "id", "vouchers", "budget", "issued", "spent, net", "available")
    print_table(headings, rows, "Recomputed from the requests in the blocks")
    for found in result.found[:_SHOWN]:
        line = f"{found.part}: {found}"
        if found.kind == "error":
            complain(line)
        else:
            click.echo(f"{found.kind}: {line}")
    total = sum(result.counts.values())
    if total > _SHOWN:
        click.echo(
            f"{total - _SHOWN} more: see {findings}"
            if findings
            else f"{total - _SHOWN} more: give --findings"
        )
    for sentence in result.untested:
        click.echo(sentence)
    transactions = sum(result.codes.values())
    earlier = f", {result.started} of them by an earlier run" if result.started else ""
    click.echo(
        f"{result.height} blocks{earlier} with {transactions} transactions, {result.requests} requests "
        "replayed."
    )
    if result.values_scanned:
        click.echo(f"{result.values_scanned} personal values searched for, {len(result.traces)} found.")
    click.echo(f"Verdict: {_verdict(result)}. Head of the chain: {result.head}")


def _verdict(result: Audit) -> str:
    errors = result.counts.get("error", 0)
    said = f"{_number(errors, 'problem')} found" if errors else "no problems found"
    remarks = [
        _number(count, name)
        for name, count in (
            ("uncertainty", result.counts.get("uncertainty", 0)),
            ("note", result.counts.get("note", 0)),
        )
        if count
    ]
    return ". ".join([said, " and ".join(remarks)] if remarks else [said])


def _number(count: int, name: str) -> str:
    return (
        f"1 {name}"
        if count == 1
        else f"{count} {name.removesuffix('y') + 'ies' if name[-1] == 'y' else name + 's'}"
    )
