"""`kindpakket audit watch`: an audit that never ends."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from kindpakket_cli.audit_evidence import Evidence
from kindpakket_cli.contract import Wrong, not_as_it_should_be
from kindpakket_cli.output import complain, note
from kindpakket_cli.session import Session, acting_as
from kindpakket_cli.stopping import stoppable

if TYPE_CHECKING:
    from kindpakket.auditor.auditor import Auditor
    from kindpakket.auditor.finding import Finding
    from kindpakket.auditor.reading import Reading
    from kindpakket.auditor.state_watch import StateWatch

_ROUNDS = 5
"""How often `--once` reads what came while the state was compared."""


@click.command("watch")
@click.option("--once", is_flag=True, help="End when the blocks that the peer has now are verified.")
@click.option(
    "--anchor",
    metavar="HASH|FILE",
    help="What you know from another source: the hash of block 0, the genesis block, or a checkpoint.",
)
@click.option(
    "--findings",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Add every new finding to this file, a JSON document a line.",
)
@click.option("--metrics", metavar="ADDRESS", help="Serve metrics for Prometheus at this HOST:PORT.")
@click.option(
    "--state",
    "where",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file with which it goes on.  [default: audits/CHANNEL.db in the home]",
)
@click.option(
    "--compare-every",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    metavar="MINUTES",
    help="Compare the peer's whole state at the start, and so long after with the next block; 0: with each.",
)
@acting_as("auditor")
def watch(
    session: Session,
    once: bool,
    anchor: str | None,
    findings: Path | None,
    metrics: str | None,
    where: Path | None,
    compare_every: float,
) -> None:
    """Verify each block of your own peer as it is committed, and tell a new finding at once.

    The peer's state is compared too: all of it at the start and every hour, and after each block the records
    that it wrote.

    It goes on where the last `audit verify` or `audit watch` ended. A finding is a line; with --json a JSON
    document on a line, as in a file of findings. When the peer is away it waits until it is back.

    Stop it with Ctrl-C or SIGTERM; if it is killed, run it again. Exit code 1: something is wrong, now or in
    an earlier block.
    """
    from kindpakket.auditor.personal_data import PersonalDataScan
    from kindpakket.auditor.reading import Reading
    from kindpakket.auditor.state_watch import StateWatch
    from kindpakket.auditor.verification import LedgerCheck

    evidence = Evidence(anchor=anchor, where=where)
    known = evidence.known()
    with ExitStack() as stack:
        source = stack.enter_context(evidence.blocks(session))
        state = stack.enter_context(evidence.state(session, source, known))
        file = stack.enter_context(findings.open("a", encoding="utf-8")) if findings else None
        check = LedgerCheck(state, source.domain.channel, known)
        reading = Reading(state, source.domain, PersonalDataScan(()), [check])
        reading.go_on(source.read)
        auditor = session.auditor()
        height = auditor.network.ledger_height
        states = StateWatch(reading, auditor, height, every=compare_every * 60)
        teller = _Teller(reading, states, session.as_json, file, _Gauges(metrics) if metrics else None)
        with stoppable():
            for _ in range(_ROUNDS):
                _catch_up(reading, auditor, teller)
                if teller.look() or not once:
                    break
            if not once:
                note(f"Up to date with {reading.chain.height} blocks. Waiting for the next one.")
                _follow(reading, auditor, states, teller)
        if state.errors() or states.differences:
            not_as_it_should_be()


def _catch_up(reading: Reading, auditor: Auditor, teller: _Teller) -> None:
    """Take in the blocks that the peer has now."""
    start, height = reading.chain.height, auditor.network.ledger_height()
    if start < height:
        for _, found in reading.read(auditor.network.blocks(start, height - 1)):
            teller.tell(found)
    teller.tell(reading.ended())


def _follow(reading: Reading, auditor: Auditor, states: StateWatch, teller: _Teller) -> None:
    """Take in blocks as they come; each is committed before the next one is waited for."""
    for message in auditor.network.blocks(reading.chain.height):
        found = reading.add(message)
        reading.commit()
        states.note(message)
        teller.tell(found)
        teller.look()


class _Teller:
    """Tells findings: to people, to programs, to a file, and to Prometheus."""

    def __init__(
        self,
        reading: Reading,
        states: StateWatch,
        as_json: bool,
        file: IO[str] | None,
        gauges: _Gauges | None,
    ) -> None:
        self._reading, self._states = reading, states
        self._as_json, self._file, self._gauges = as_json, file, gauges
        self._error = ""

    def look(self) -> bool:
        """Compare the peer's state and tell what was found; whether it could be compared."""
        found = self._states.look()
        error = self._states.error
        if error and error != self._error:
            note(f"The peer's state could not be compared: {error}")
        self._error = error
        self.tell(found or ())
        return found is not None

    def tell(self, findings: Iterable[Finding]) -> None:
        """Tell what was found."""
        for finding in findings:
            line = json.dumps(finding.as_json(), ensure_ascii=False)
            if self._as_json:
                click.echo(line)
            elif finding.kind == "error":
                complain(f"{finding.part}: {finding}")
            else:
                click.echo(f"{finding.kind}: {finding.part}: {finding}")
            if self._file is not None:
                print(line, file=self._file, flush=True)
        if self._gauges is not None:
            self._gauges.show(self._reading, self._states)


class _Gauges:
    """Metrics that Prometheus fetches."""

    def __init__(self, address: str) -> None:
        from kindpakket.extras import extra

        with extra("network"):
            from prometheus_client import CollectorRegistry, Gauge, start_http_server

        host, _, port = address.rpartition(":")
        if not port.isdigit() or not 0 < int(port) < 65_536:
            raise Wrong(f"--metrics is {address!r}: give HOST:PORT, such as 127.0.0.1:9600")
        registry = CollectorRegistry()
        self._height = Gauge(
            "kindpakket_audit_height", "Blocks that were verified.", ["channel"], registry=registry
        )
        self._findings = Gauge(
            "kindpakket_audit_findings",
            "Findings in all blocks so far, by kind: error, uncertainty, note.",
            ["channel", "kind"],
            registry=registry,
        )
        self._verified = Gauge(
            "kindpakket_audit_verified_seconds",
            "When a block was last verified, Unix seconds.",
            ["channel"],
            registry=registry,
        )
        self._differences = Gauge(
            "kindpakket_audit_state_differences",
            "Differences between the peer's state and the blocks that were found since the watch began.",
            ["channel"],
            registry=registry,
        )
        self._compared = Gauge(
            "kindpakket_audit_state_height",
            "Blocks after which the records of the peer's state that were looked at agreed; 0 at first.",
            ["channel"],
            registry=registry,
        )
        start_http_server(int(port), host.strip("[]") or "127.0.0.1", registry)

    def show(self, reading: Reading, states: StateWatch) -> None:
        """Show how far the audit is."""
        channel = reading.domain.channel
        self._differences.labels(channel).set(states.differences)
        self._compared.labels(channel).set(states.height)
        self._height.labels(channel).set(reading.chain.height)
        self._verified.labels(channel).set(int(time.time()))
        for kind, count in reading.state.kinds().items():
            self._findings.labels(channel, kind).set(count)
