"""What was not tested, the conclusion, and what the report is based on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kindpakket.report.legality.model import Block, Column, Paragraph, Points, Section, Table
from kindpakket.report.legality.words import Words, instant


def untested(report: Mapping[str, Any], words: Words) -> Points:
    """What was not tested: the first thing on the page."""
    return Points(words("untested.intro"), [words(f"untested.{code}") for code in report["not_tested"]])


def conclusion(report: Mapping[str, Any], words: Words) -> Section:
    """The verdict, and the sums that it comes from."""
    verdict = "flaws" if report["source"]["flaws"] else report["verdict"]
    blocks: list[Block] = [Paragraph(words(f"verdict.{verdict}"), "good" if verdict == "within" else "bad")]
    if found := sum(entry["kind"] == "error" and not entry["cents"] for entry in report["elsewhere"]):
        blocks.append(Paragraph(words("verdict.without-amount", count=words.number(found)), "bad"))
    blocks += _about_sample(report, words)
    blocks.append(_sums(report, words))
    blocks.append(Paragraph(words("verdict.no-limits", decision=report["settings"]["decision"]), "quiet"))
    return Section("conclusion", words("verdict.heading"), blocks)


def _about_sample(report: Mapping[str, Any], words: Words) -> list[Block]:
    sample = report["sample"]
    if sample is None:
        return []
    if not sample["evaluation"]:
        return [Paragraph(words("verdict.open-sample", count=words.number(len(sample["items"]))), "bad")]
    return [
        Paragraph(
            words(
                "verdict.sample-within" if found["within"] else "verdict.sample-above",
                confidence=sample["confidence_percent"],
                what=words(f"sample.{kind}"),
                upper=words.euros(found["recomputed"] + found["upper_limit"]),
                limit=words.euros(found["limit"]),
            ),
            "good" if found["within"] else "bad",
        )
        for kind, found in sample["evaluation"].items()
    ]


def _sums(report: Mapping[str, Any], words: Words) -> Table:
    sums, costs = report["sums"], report["sums"]["costs"]
    kept = sums["payments"]

    def row(name: str, payments: int | None, cents: int, limit: int | None = None) -> list[str | int | None]:
        return [words(f"verdict.{name}"), payments, cents, limit, words.percent(cents, costs)]

    rows = [
        row("gross", kept, sums["gross"]),
        row("cancelled", None, -sums["cancelled"]),
        row("refunded", None, -sums["refunded"]),
        row("costs", None, costs),
        row("wrong", sums["wrong_payments"], sums["errors"], sums["errors_limit"]),
        row("elsewhere", None, sums["errors_elsewhere"]),
        row("uncertain", sums["uncertain_payments"], sums["uncertainties"], sums["uncertainties_limit"]),
        row("elsewhere", None, sums["uncertainties_elsewhere"]),
    ]
    if report["sample"] is not None:
        for kind, found in report["sample"]["evaluation"].items():
            rows.append(row(f"projected-{kind}", None, found["most_likely"], found["limit"]))
    return Table(
        "",
        words("verdict.caption"),
        [
            Column(words("verdict.what")),
            Column(words("verdict.payments"), "number"),
            Column(words("verdict.amount"), "cents"),
            Column(words("verdict.limit"), "cents"),
            Column(words("verdict.share")),
        ],
        rows,
    )


def basis(report: Mapping[str, Any], words: Words) -> Section:
    """Ledger, files and program."""
    source, inputs, period = report["source"], report["inputs"], report["period"]
    absent = words("words.not-given")

    def hashes(name: str) -> str:
        given = inputs[name.replace("-", "_")]
        return "\n".join(given) or absent

    rows = [
        ("channel", f"{source['channel']}, {source['chaincode']}"),
        (
            "schemes",
            "\n".join(f"{each['name']} ({each['id']}, {each['state']})" for each in period["schemes"]),
        ),
        ("blocks", f"0 - {source['block']}"),
        ("head", source["hash"]),
        ("until", instant(source["until"])),
        ("flaws", "\n".join(source["flaws"]) or words("words.none")),
        ("program", f"kindpakket {report['program']}"),
        ("decision", report["settings"]["decision"]),
        ("settings", inputs["settings_sha256"] or absent),
        ("findings", inputs["findings_sha256"] or absent),
        ("checked", inputs["checked_sha256"] or absent),
        ("judgements", inputs["judgements_sha256"] or absent),
        ("payment-files", hashes("payment-files")),
        ("statements", hashes("statements")),
    ]
    chosen = "".join(f" --scheme {each['id']}" for each in period["schemes"])
    again = words(
        "basis.again",
        first=period["first_day"],
        last=period["last_day"],
        schemes=chosen,
        block=source["block"],
    )
    table = Table(
        "about",
        words("basis.caption"),
        [Column(words("basis.name")), Column(words("basis.value"), "code")],
        [(words(f"basis.{name}"), value) for name, value in rows],
    )
    return Section("basis", words("basis.heading"), [table, Paragraph(again, "quiet")])
