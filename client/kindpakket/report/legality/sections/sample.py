"""The sample: how it was drawn, what it says, and a page of evidence for each payment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kindpakket.report.legality.model import Block, Column, Paragraph, Section, Table
from kindpakket.report.legality.words import Words, instant

_STEPS = ("drafted", "approved", "exported", "booked")
_EVALUATED = (
    "recomputed",
    "known",
    "projected",
    "most-likely",
    "basic",
    "incremental",
    "upper",
    "limit",
    "within",
)
_MEMBERS = {
    "most-likely": "most_likely",
    "basic": "basic_precision",
    "incremental": "incremental",
    "upper": "upper_limit",
}


def sample(report: Mapping[str, Any], words: Words) -> Section:
    """The sample as a whole."""
    heading, found = words("sample.heading"), report["sample"]
    if found is None:
        closed = report["period"]["closed"] is not None
        return Section("sample", heading, [Paragraph(words("sample.none" if closed else "sample.open"))])
    block = found["seed_block"]
    number = (
        words("sample.number", number=found["number"], block=block["number"])
        if found["number"]
        else words("sample.no-number", block=block["number"])
    )
    blocks: list[Block] = [
        Paragraph(words("sample.how", interval=words.euros(found["interval_cents"]))),
        Paragraph(words("sample.seed", number=block["number"], closing=block["closing"])),
        Paragraph(number),
        _plan(found, words),
        _evaluation(found, words) if found["evaluation"] else Paragraph(words("sample.not-evaluated"), "bad"),
        _items(found, words),
    ]
    return Section("sample", heading, blocks)


def evidence(report: Mapping[str, Any], words: Words) -> Section | None:
    """A page for each payment of the sample; None without a sample."""
    if report["sample"] is None:
        return None
    names = {scheme["id"]: scheme["name"] for scheme in report["period"]["schemes"]}
    pages = [
        Section(
            f"payment-{item['payment']}",
            words("evidence.item", payment=item["payment"]),
            [
                Table(
                    "",
                    words("evidence.caption", payment=item["payment"]),
                    [Column(words("evidence.name")), Column(words("evidence.value"))],
                    list(_evidence(item, names, words)),
                )
            ],
        )
        for item in report["sample"]["items"]
    ]
    return Section("evidence", words("evidence.heading"), [], pages)


def _plan(found: Mapping[str, Any], words: Words) -> Table:
    rows = [
        ("materiality", words.euros(found["materiality_cents"])),
        ("expected", words.euros(found["expected_cents"])),
        ("confidence", words.given_percent(found["confidence_percent"])),
        ("interval", words.euros(found["interval_cents"])),
        ("population", words.number(found["population"])),
        ("population-amount", words.euros(found["population_cents"])),
        ("certain", words.euros(found["certain_cents"])),
        ("cells", words.number(found["cells"])),
        ("drawn", words.number(len(found["items"]))),
        ("seed-name", found["seed"]),
    ]
    columns = [Column(words("sample.name")), Column(words("sample.value"))]
    return Table(
        "", words("sample.caption"), columns, [(words(f"sample.{name}"), value) for name, value in rows]
    )


def _evaluation(found: Mapping[str, Any], words: Words) -> Table:
    kinds = list(found["evaluation"])

    def cell(kind: str, name: str) -> str:
        value = found["evaluation"][kind][_MEMBERS.get(name, name)]
        return words("words.yes" if value else "words.no") if name == "within" else words.euros(value)

    return Table(
        "",
        words("sample.evaluation-caption"),
        [Column(words("sample.name")), *(Column(words(f"sample.{kind}")) for kind in kinds)],
        [(words(f"sample.{name}"), *(cell(kind, name) for kind in kinds)) for name in _EVALUATED],
    )


def _items(found: Mapping[str, Any], words: Words) -> Table:
    columns = [
        Column(words("columns.payment"), "code"),
        Column(words("columns.day"), "day"),
        Column(words("columns.shop"), "code"),
        Column(words("columns.voucher"), "code"),
        Column(words("columns.cents"), "cents"),
        Column(words("sample.hits"), "number"),
        Column(words("sample.case")),
        Column(words("sample.account")),
        Column(words("sample.judgement")),
    ]
    rows = [
        (
            item["payment"],
            item["day"],
            item["shop"],
            item["voucher"],
            item["cents"],
            item["hits"],
            words(f"words.{item['case'] or 'not-given'}"),
            words(f"words.{item['account'] or 'not-given'}"),
            _judged(item, words),
        )
        for item in found["items"]
    ]
    return Table("sample", f"{words('sample.items')}. {words('sample.items-caption')}", columns, rows)


def _judged(item: Mapping[str, Any], words: Words) -> str:
    judgement = item["judgement"]
    if judgement is None:
        return words("evidence.not-judged")
    if judgement["kind"] == "right":
        return words("words.right")
    return words(
        "evidence.judged",
        kind=words(f"words.{judgement['kind']}"),
        cents=words.euros(judgement["cents"]),
        reason=judgement["reason"],
    )


def _evidence(item: Mapping[str, Any], names: Mapping[str, str], words: Words) -> Iterator[tuple[str, str]]:
    def row(name: str, *lines: str) -> tuple[str, str]:
        return words(f"evidence.{name}"), "\n".join(lines)

    lines = [f"{line['category']} {words.euros(line['cents'])}" for line in item["lines"]]
    yield row("amount", words.euros(item["cents"]))
    yield row("lines", *lines)
    yield row("day", item["day"])
    yield row("scheme", f"{names[item['scheme']]} ({item['scheme']})")
    granted = [
        words("evidence.category", category=category, since=since or "-")
        for category, since in item["granted"].items()
    ]
    yield row("shop", item["shop"], item["shop_approved_by"], *granted)
    yield row("voucher", item["voucher"])
    yield row("transaction", f"{item['operation']}, {_step(item['step'], words)}")
    yield row("proof", *_proof(item["proof"], words))
    if item["proof"] is not None:
        yield row("bound", item["proof"]["bound_to"])
        yield row("signed", item["proof"]["signed_sha256"])
    yield row("rules", *_rules(item["rules"], words))
    yield row("issue", _issue(item["issue"], words))
    yield row("case-hash", item["case_hash"] or words("words.none"))
    yield row("case", words(f"words.{item['case'] or 'not-given'}"))
    yield from _settlement(item, words, row)
    yield row("account", words(f"words.{item['account'] or 'not-given'}"))
    checks = [
        f"{words(f'checks.{name}')}: {words(f'words.{value}')}" for name, value in item["checks"].items()
    ]
    yield row("checks", *checks)
    yield row("judgement", _judged(item, words))


def _settlement(item: Mapping[str, Any], words: Words, row: Any) -> Iterator[tuple[str, str]]:
    found = item["settlement"]
    if found is None:
        yield row("settlement", words("evidence.settlement-none"))
        return
    yield row(
        "settlement",
        words(
            "evidence.settlement-text",
            id=found["id"],
            state=found["state"],
            cents=words.euros(found["cents"]),
            items=words.number(found["items"]),
        ),
    )
    for name in _STEPS:
        if found[name] is not None:
            yield row(name, _step(found[name], words))
    yield row("file", found["file_sha256"] or words("words.none"))
    for name, traces in (("order", found["orders"]), ("bank", found["bank_lines"])):
        texts = [
            words(
                "evidence.line",
                source=trace["source"],
                place=trace["place"],
                cents=words.euros(trace["cents"]),
                day=trace["day"] or "-",
            )
            for trace in traces
        ]
        yield row(name, *(texts or [words("evidence.not-found")]))
    yield row("value-date", f"{found['value_date'] or '-'}, {found['bank_reference'] or '-'}")


def _proof(proof: Mapping[str, Any] | None, words: Words) -> list[str]:
    if proof is None:
        return [words("evidence.proof-none")]
    kind = "evidence.proof-booklet" if proof["kind"] == "booklet" else "evidence.proof-key"
    error = proof["error"]
    verified = words("evidence.proof-invalid", error=error) if error else words("evidence.proof-valid")
    return [words(kind, page=proof["page"], version=proof["version"]), verified]


def _rules(rules: Mapping[str, Any], words: Words) -> list[str]:
    text = words(
        "evidence.rules-text",
        version=rules["version"],
        least=words.euros(rules["payment_min_cents"]),
        most=words.euros(rules["payment_cap_cents"]),
        day=words.euros(rules["day_cap_cents"]),
        paper=words.euros(rules["paper_cap_cents"]),
    )
    caps = [
        words("evidence.cap", category=category, cap=words.euros(cap))
        for category, cap in rules["category_caps"].items()
        if cap is not None
    ]
    return [text, *caps]


def _issue(issue: Mapping[str, Any] | None, words: Words) -> str:
    if issue is None:
        return words("words.none")
    nobody = words("words.nobody")
    return words(
        "evidence.issue-text",
        allocation=issue["allocation"] or words("words.none"),
        first=issue["proposed_by"] or nobody,
        second=issue["approved_by"] or nobody,
        issuer=issue["issued_by"],
        activator=issue["activated_by"] or nobody,
    )


def _step(step: Mapping[str, Any], words: Words) -> str:
    return words(
        "evidence.in-block",
        block=step["block"],
        at=instant(step["at"]),
        person=step["person"],
        transaction=step["transaction"],
    )
