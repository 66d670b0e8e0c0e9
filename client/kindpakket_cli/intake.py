"""`kindpakket intake …`: the file of entitled children, from the check to the vouchers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket_cli import intake_batches
from kindpakket_cli.children_file import age_options, ages_of, mapping_of, reading_bar, table_options
from kindpakket_cli.contract import group, not_as_it_should_be
from kindpakket_cli.files import READABLE, read_rules
from kindpakket_cli.offline import offline
from kindpakket_cli.output import print_json, print_table

if TYPE_CHECKING:
    from kindpakket.backoffice.intake.check import Check
    from kindpakket.backoffice.intake.findings import Finding, Severity

_SHOWN = 20
_LISTED = 10_000
_XLSX = ".xlsx"


@group("intake")
def intake() -> None:
    """The file of entitled children: check, propose, issue, see how far it is."""


@intake.command("check")
@click.argument("file", metavar="FILE", type=READABLE)
@table_options
@click.option(
    "--rules",
    "rules_file",
    type=READABLE,
    help="The scheme's rules, YAML or JSON, which presets and amounts must agree with.",
)
@age_options
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.xlsx",
    help="Write the file with its cells marked. It contains the children's data: only you can read it.",
)
@offline
def check(
    file: Path,
    rules_file: Path | None,
    bands: tuple[str, ...],
    ages_on: datetime | None,
    report: Path | None,
    as_json: bool,
    mapping_file: Path | None,
    encoding: str,
    delimiter: str,
    sheet: str,
) -> None:
    """Check a file of entitled children: CSV, XLSX or ODS.

    Shows how the file is read and everything that is wrong or odd, and changes nothing. It needs no network
    and no home. What it prints names cells, never what is in them. Ends with 1 if there is an error.
    """
    from kindpakket.backoffice.intake.check import check_table
    from kindpakket.backoffice.intake.opening import open_table

    _check_report(report, file)
    if report is not None:
        from kindpakket.backoffice.intake.workbook import write_report
    mapping = mapping_of(mapping_file, encoding, delimiter, sheet)
    rules = read_rules(rules_file) if rules_file is not None else None
    day = date.fromisoformat(rules["starts_on"]) if rules is not None else None
    ages = ages_of(bands, ages_on.date() if ages_on else day)
    with open_table(file, mapping) as table:
        with reading_bar(file, "checked") as progress:
            checked = check_table(table, mapping, ages=ages, rules=rules, progress=progress)
        if report is not None:
            with reading_bar(file, "written") as progress:
                write_report(report, table, checked, progress)
    if as_json:
        print_json(_as_json(file, checked, report))
    else:
        _show(file, checked, report)
    if not checked.passed:
        not_as_it_should_be()


def _check_report(report: Path | None, file: Path) -> None:
    if report is None:
        return
    if report.suffix.lower() != _XLSX:
        raise click.BadParameter(f"{report} does not end in {_XLSX}", param_hint="--report")
    if report.exists() and report.samefile(file):
        raise click.BadParameter(f"{report} is the file itself: choose another name", param_hint="--report")


def _show(file: Path, check: Check, report: Path | None) -> None:
    for name, value in _reading(check):
        click.echo(f"{name:<12}{value}")
    errors, notices = check.findings.count("error"), check.findings.count("notice")
    click.echo(f"{'rows':<12}{check.rows:,}, of which {check.children:,} without an error of their own")
    if errors:
        print_table(
            ("cell", "error"),
            [(finding.address, check.sentence(finding)) for finding in _first(check, "error")],
            title=f"{errors:,} error{'s' * (errors != 1)}",
        )
        if errors > _SHOWN:
            where = f"{report} has them all" if report else "give --report OUT.xlsx to see them all"
            click.echo(f"and {errors - _SHOWN:,} more: {where}\n")
            _show_groups(check, "error", "errors by kind")
    if notices:
        _show_groups(check, "notice", f"{notices:,} notice{'s' * (notices != 1)}, which keep nothing back")
    if report is not None:
        click.echo(f"{report} has the file with its cells marked. It contains the children's data.")
    if check.passed:
        click.echo(f"{file} can be used.")
    else:
        click.secho(f"{file} cannot be used: correct it and check it again.", fg="red")


def _show_groups(check: Check, severity: Severity, title: str) -> None:
    from kindpakket.backoffice.intake.findings import letters

    print_table(
        ("times", "first", "what"),
        [
            (
                f"{group.count:,}",
                f"{'' if group.column is None else letters(group.column)}{group.first}",
                check.describe(group.reason, group.column),
            )
            for group in check.findings.groups()
            if group.reason.severity == severity
        ],
        title=title,
    )


def _reading(check: Check) -> Iterator[tuple[str, str]]:
    """How the file was read, by name."""
    from kindpakket.backoffice.intake.findings import letters

    source = check.source
    yield "format", source.format
    if source.encoding:
        yield "encoding", f"{source.encoding} ({source.encoding_from})"
        yield "delimiter", f"{source.delimiter} ({source.delimiter_from})"
    if source.sheet:
        others = [sheet for sheet in source.sheets if sheet != source.sheet]
        yield "sheet", source.sheet + (f" (not read: {', '.join(others)})" if others else "")
    if source.date_system:
        yield "dates", f"count from {source.date_system}"
    read = [f"{letters(column.index)} {column.name}" for column in check.columns.all if column.name]
    left = [
        f"{letters(column.index)} {column.heading}".rstrip()
        for column in check.columns.all
        if not column.name
    ]
    if read:
        yield "columns", ", ".join(read)
    if left:
        yield "not read", ", ".join(left)


def _first(check: Check, severity: Severity, count: int = _SHOWN) -> list[Finding]:
    found: list[Finding] = []
    for finding in check.findings:
        if finding.reason.severity == severity:
            found.append(finding)
            if len(found) == count:
                break
    return found


def _as_json(file: Path, check: Check, report: Path | None) -> dict[str, object]:
    from kindpakket.backoffice.intake.findings import letters

    source = check.source
    listed = [*_first(check, "error", _LISTED), *_first(check, "notice", _LISTED)]
    return {
        "file": str(file),
        "passed": check.passed,
        "format": source.format,
        "encoding": source.encoding,
        "encoding_from": source.encoding_from,
        "encoding_guessed": bool(source.doubtful_line),
        "delimiter": source.delimiter,
        "delimiter_from": source.delimiter_from,
        "sheet": source.sheet,
        "sheets": list(source.sheets),
        "dates_from": source.date_system,
        "columns": [
            {"letters": letters(column.index), "heading": column.heading, "column": column.name}
            for column in check.columns.all
        ],
        "rows": check.rows,
        "without_error": check.children,
        "errors": check.findings.count("error"),
        "notices": check.findings.count("notice"),
        "kinds": [
            {
                "severity": group.reason.severity,
                "code": group.reason.code,
                "column": None if group.column is None else check.name_of(group.column),
                "count": group.count,
                "first_row": group.first,
                "text": check.describe(group.reason, group.column),
            }
            for group in check.findings.groups()
        ],
        "findings": [
            {
                "severity": finding.reason.severity,
                "code": finding.reason.code,
                "cell": finding.address,
                "row": finding.row,
                "line": finding.line,
                "column": None if finding.column is None else check.name_of(finding.column),
                "text": check.sentence(finding),
            }
            for finding in listed
        ],
        "findings_left_out": len(check.findings) - len(listed),
        "report": None if report is None else str(report),
    }


for _command in intake_batches.COMMANDS:
    intake.add_command(_command)
