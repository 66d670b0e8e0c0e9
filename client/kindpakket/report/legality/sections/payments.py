"""The checks of payments, what did not pass them, and findings elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kindpakket.report.legality.model import Column, Paragraph, Section, Table
from kindpakket.report.legality.words import Words

MOST = 1_000
"""How many rows of a long table a page shows; the workbook has all."""
_MEMBERS = {
    "day": "day",
    "block": "number",
    "cents": "cents",
    "net_cents": "cents",
    "rules_version": "number",
}
_IDS = ("payment", "scheme", "shop", "voucher", "settlement")
_CHECKED = (
    *("payment", "scheme", "shop", "voucher", "day", "block", "cents", "net_cents", "rules_version", "proof"),
    *("allocated_by", "allocation_approved_by", "shop_approved_by"),
    *("settlement", "settlement_approved_by", "settlement_exported_by"),
)


def checks(report: Mapping[str, Any], words: Words) -> Section:
    """How many payments passed each check."""
    rows = [
        (
            words(f"checks.{check['check']}"),
            words(f"checks.{check['check']}-means"),
            check["passed"],
            check["error"],
            check["uncertainty"],
            check["later"],
            check["error_cents"],
        )
        for check in report["checks"]
    ]
    columns = [
        Column(words("checks.check")),
        Column(words("checks.means")),
        *(
            Column(words(f"checks.{name}"), "number")
            for name in ("passed", "errors", "uncertainties", "later")
        ),
        Column(words("checks.error-amount"), "cents"),
    ]
    return Section(
        "checks", words("checks.heading"), [Table("checks", words("checks.caption"), columns, rows)]
    )


def exceptions(report: Mapping[str, Any], words: Words) -> Section:
    """The payments that did not pass every check."""
    heading = words("exceptions.heading")
    if not report["exceptions"]:
        return Section("exceptions", heading, [Paragraph(words("exceptions.none"))])
    rows = [
        (
            each["payment"],
            each["day"],
            each["shop"],
            each["net_cents"],
            words(f"words.{each['kind']}"),
            "\n".join(_reasons(each["failures"], words)),
        )
        for each in report["exceptions"]
    ]
    columns = [
        Column(words("exceptions.payment"), "code"),
        Column(words("exceptions.day"), "day"),
        Column(words("exceptions.shop"), "code"),
        Column(words("exceptions.amount"), "cents"),
        Column(words("exceptions.kind")),
        Column(words("exceptions.why")),
    ]
    table = Table("exceptions", words("exceptions.caption"), columns, rows, MOST)
    return Section("exceptions", heading, [table])


def _reasons(failures: list[Mapping[str, Any]], words: Words) -> list[str]:
    """A sentence for each failed check, then what the replay or the verification said."""
    texts = [words(f"reasons.{failure['reason']}", **failure["values"]) for failure in failures]
    said = [sentence for failure in failures for sentence in failure["sentences"]]
    return [*texts, *dict.fromkeys(said)]


def elsewhere(report: Mapping[str, Any], words: Words) -> Section:
    """Broken rules and findings without a payment."""
    heading = words("elsewhere.heading")
    if not report["elsewhere"]:
        return Section("elsewhere", heading, [Paragraph(words("elsewhere.none"))])
    columns = [
        Column(words("elsewhere.block"), "number"),
        Column(words("elsewhere.rule"), "code"),
        Column(words("elsewhere.kind")),
        Column(words("elsewhere.amount"), "cents"),
        Column(words("elsewhere.sentence")),
    ]
    rows = [
        (each["block"], each["rule"], words(f"words.{each['kind']}"), each["cents"], each["sentence"])
        for each in report["elsewhere"]
    ]
    return Section(
        "elsewhere", heading, [Table("elsewhere", words("elsewhere.caption"), columns, rows, MOST)]
    )


def all_payments(report: Mapping[str, Any], words: Words) -> Table:
    """Every payment with every check: for the workbook alone."""
    names = [check["check"] for check in report["checks"]]
    columns = [
        *(Column(words(f"columns.{name}"), _kind(name)) for name in _CHECKED),
        *(Column(words(f"checks.{name}")) for name in names),
    ]
    rows = [
        [
            *(words.named("words", each[name]) if name == "proof" else each[name] for name in _CHECKED),
            *(words(f"words.{each[name]}") for name in names),
        ]
        for each in report["payments"]
    ]
    return Table("payments", words("checks.caption"), columns, rows)


def _kind(name: str) -> Any:
    return "code" if name in _IDS else _MEMBERS.get(name, "text")
