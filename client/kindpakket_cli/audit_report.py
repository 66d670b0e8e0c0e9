"""`kindpakket audit report`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.audit_evidence import Evidence, copies_options
from kindpakket_cli.audit_period import Asked, explained, observed, period_options, write_private
from kindpakket_cli.bank_files import read_all
from kindpakket_cli.contract import Wrong, not_as_it_should_be
from kindpakket_cli.files import READABLE
from kindpakket_cli.output import complain, print_json
from kindpakket_cli.session import Session, acting_as

if TYPE_CHECKING:
    from kindpakket.auditor.legality import (
        BankFiles,
        BankTrace,
        Facts,
        Findings,
        Inputs,
        Period,
        PeriodSample,
        Settings,
    )
    from kindpakket.backoffice.bank.files import BankFile

_JSON = "legality.json"
_VERDICTS = {
    "within": "Errors and uncertainties are within the council's limits.",
    "errors": "Errors are above the council's limit.",
    "uncertainties": "Uncertainties are above the council's limit.",
    "both": "Errors and uncertainties are above the council's limits.",
}


@click.command("report")
@click.argument("folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
@period_options
@click.option(
    "--language",
    type=click.Choice(["nl", "en"]),
    default="nl",
    show_default=True,
    help="The language of the report.",
)
@click.option("--findings", type=READABLE, help="What `audit verify --findings` wrote of the same blocks.")
@click.option("--payments", type=READABLE, multiple=True, help="A payment file (pain.001); repeat for more.")
@click.option("--statement", type=READABLE, multiple=True, help="A statement (camt.053); repeat for more.")
@click.option("--checked", type=READABLE, help="What `audit check` wrote about the disclosed records.")
@click.option("--judgements", type=READABLE, help="A YAML file with your judgement of each sampled payment.")
@click.option("--no-sample", is_flag=True, help="Draw no sample.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@copies_options
@acting_as("auditor")
def report(
    session: Session,
    asked: Asked,
    folder: Path,
    *,
    language: str,
    findings: Path | None,
    payments: tuple[Path, ...],
    statement: tuple[Path, ...],
    checked: Path | None,
    judgements: Path | None,
    no_sample: bool,
    overwrite: bool,
    evidence: Evidence,
) -> None:
    """Report on the legality of what was spent in a period, from the blocks of your own peer.

    With --blocks or --bundle no peer is asked, and no home is needed.

    Writes to FOLDER a page to read and print (HTML), a workbook (XLSX) and JSON. The same blocks and files
    give the same bytes, whoever makes the report. The files hold pseudonymous data of people: only you can
    read them.

    Exit code 1: errors or uncertainties are above the council's limits, or the chain of blocks is broken.
    """
    from kindpakket.auditor.legality import legality
    from kindpakket.report.legality import files_of

    names = [_JSON, "legality.html", "legality.xlsx"]
    taken = [folder / name for name in names if (folder / name).exists()]
    if taken and not overwrite:
        raise Wrong(f"{taken[0]} exists already: name a new folder, or give --overwrite", "FILE")
    if no_sample and (checked or judgements):
        raise click.UsageError("--checked and --judgements are about the sample: leave out --no-sample")
    with explained():
        settings = asked.read_settings()
        bank = _bank_files(payments, statement)
        facts = observed(session, asked.as_at, evidence)
        period = asked.period(facts)
        drawn = None if no_sample else _drawn(facts, period, settings, asked.number)
        inputs = _inputs(asked, drawn, bank, findings, checked, judgements)
        if inputs.findings is not None:
            _check_same_blocks(inputs.findings, facts, str(findings))
        made = legality(facts, period, settings, inputs)
        files = files_of(made, language)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_private(folder / name, content, overwrite=True)
    _show(session, made, [folder / name for name in files])
    if made["verdict"] != "within" or made["source"]["flaws"]:
        not_as_it_should_be()


def _drawn(facts: Facts, period: Period, settings: Settings, number: str) -> PeriodSample | None:
    """The sample; None as long as the period is not closed, or if it has no payments."""
    from kindpakket.auditor.legality import sample_of
    from kindpakket.auditor.legality.period import seed_block
    from kindpakket.auditor.legality.sample import sampled_payments

    if seed_block(facts, period) is None or not sampled_payments(period.payments(facts)):
        return None
    return sample_of(facts, period, settings, number)


def _inputs(
    asked: Asked,
    drawn: PeriodSample | None,
    bank: BankFiles,
    findings: Path | None,
    checked: Path | None,
    judgements: Path | None,
) -> Inputs:
    from kindpakket.auditor.disclosure import CHECKED, read_document
    from kindpakket.auditor.legality import Examined, Inputs, read_checked, read_findings, read_judgements
    from kindpakket.report.legality import read_judgements_file

    if drawn is None and (checked or judgements):
        raise Wrong("no sample can be drawn yet: the period is not closed; leave out what is about it")
    hashes, judged, contents = {}, {}, {}
    for name, path in (("checked", checked), ("judgements", judgements)):
        contents[name] = path.read_bytes() if path else b""
    if drawn is not None and checked:
        hashes = read_checked(read_document(contents["checked"], CHECKED, str(checked)), drawn.sample)
    if drawn is not None and judgements:
        judged = read_judgements(read_judgements_file(judgements), drawn.sample)
    return Inputs(
        program=version("kindpakket"),
        settings_sha256=_sha256(asked.settings.read_bytes()),
        findings=read_findings(findings.read_bytes(), str(findings)) if findings else None,
        bank=bank,
        sample=drawn,
        examined=Examined(hashes, judged),
        checked_sha256=_sha256(contents["checked"]) if checked else "",
        judgements_sha256=_sha256(contents["judgements"]) if judgements else "",
    )


def _check_same_blocks(findings: Findings, facts: Facts, source: str) -> None:
    """Check that findings are of the blocks that the report is about."""
    block = findings.height - 1
    if (findings.channel, findings.height) != (facts.channel, facts.height):
        raise Wrong(
            f"{source} is of channel {findings.channel} up to block {block}, and the report is of "
            f"{facts.channel} up to block {facts.height - 1}: give --as-at {block}, or verify again"
        )
    if findings.head != facts.head:
        raise Wrong(
            f"{source} is of another ledger: block {block} had the hash {findings.head} there, and has "
            f"{facts.head} here"
        )


def _bank_files(payments: Sequence[Path], statements: Sequence[Path]) -> BankFiles:
    """The bank's files, by their hashes: their names and order do not matter."""
    from kindpakket.auditor.legality import BankFiles

    if not payments and not statements:
        return BankFiles()
    files = {file.sha256: file for file in read_all((*payments, *statements))}
    orders = [trace for sha256, file in sorted(files.items()) for trace in _orders(file, sha256)]
    lines = [trace for sha256, file in sorted(files.items()) for trace in _lines(file, sha256)]
    return BankFiles(
        payment_files=tuple(sorted(sha256 for sha256, file in files.items() if file.orders)),
        statements=tuple(sorted(sha256 for sha256, file in files.items() if file.statements)),
        orders=tuple(orders),
        lines=tuple(lines),
    )


def _orders(file: BankFile, sha256: str) -> Iterator[BankTrace]:
    from kindpakket.auditor.legality import BankTrace

    for order in file.orders:
        place, day = f"line {order.row}", order.day.isoformat()
        yield BankTrace(order.settlement, sha256[:12], place, order.cents, day, sha256)


def _lines(file: BankFile, sha256: str) -> Iterator[BankTrace]:
    from kindpakket.auditor.legality import BankTrace
    from kindpakket.backoffice.bank.statements import settlement_id

    for statement in file.statements:
        for line in statement.lines:
            if line.end_to_end:
                day = line.value_date or line.booked_on
                place = f"statement {line.statement}, entry {line.entry}"
                settlement = settlement_id(line.end_to_end)
                yield BankTrace(settlement, sha256[:12], place, line.cents, day.isoformat(), sha256)


def _sha256(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def _show(session: Session, made: dict[str, Any], files: Sequence[Path]) -> None:
    sums, sample = made["sums"], made["sample"]
    if session.as_json:
        print_json(
            {
                "files": [str(file) for file in files],
                "verdict": made["verdict"],
                "as_at": {"block": made["source"]["block"], "hash": made["source"]["hash"]},
                "sums": sums,
                "flaws": made["source"]["flaws"],
                "not_tested": made["not_tested"],
                "sample": None
                if sample is None
                else {"seed": sample["seed"], "payments": len(sample["items"])},
            }
        )
        return
    for flaw in made["source"]["flaws"]:
        complain(flaw)
    click.echo(
        f"{sums['payments']:,} payments, costs {euros(sums['costs'])}: errors {euros(sums['errors'])} of "
        f"{euros(sums['errors_limit'])} tolerated, uncertainties {euros(sums['uncertainties'])} of "
        f"{euros(sums['uncertainties_limit'])}."
    )
    if sample is not None:
        looked = "" if sample["evaluation"] else ", not looked at yet"
        click.echo(f"{len(sample['items']):,} payments in the sample{looked}.")
        for kind, plural in (("error", "errors"), ("uncertainty", "uncertainties")):
            if (found := sample["evaluation"].get(kind)) is not None:
                likely, most = euros(found["most_likely"]), euros(found["upper_limit"])
                click.echo(f"From the sample: {plural} of {likely} most likely, {most} at most.")
    verdict = _VERDICTS[made["verdict"]]
    click.echo(verdict) if made["verdict"] == "within" else complain(verdict)
    click.echo(f"As at block {made['source']['block']}, {made['source']['hash']}.")
    click.echo(f"The report is in {files[0].parent}. Its first paragraph says what was not tested.")
