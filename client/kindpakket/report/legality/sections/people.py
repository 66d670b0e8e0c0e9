"""Four eyes, roles and their changes, proposals that came to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kindpakket.report.legality.model import Block, Column, Paragraph, Plot, Section, Table
from kindpakket.report.legality.plots import who_approves_whom
from kindpakket.report.legality.sections.payments import MOST
from kindpakket.report.legality.words import Words


def four_eyes(report: Mapping[str, Any], words: Words) -> Section:
    """Who approves whom."""
    pairs, signals = report["four_eyes"], report["settings"]["signals"]
    percent, least = signals["same_pair_percent"], signals["same_pair_least"]
    intro = Paragraph(words("eyes.intro", percent=percent, least=least), "quiet")
    if not pairs:
        return Section("eyes", words("eyes.heading"), [Paragraph(words("eyes.none"))])
    rows = [
        (
            words.named("decisions", pair["kind"]),
            pair["first"],
            pair["second"],
            pair["times"],
            pair["cents"],
            f"{pair['first_day']}\n{pair['last_day']}",
            f"{pair['share']} %",
            "\n".join(_signals(pair, words)),
        )
        for pair in pairs
    ]
    columns = [
        Column(words("eyes.kind")),
        Column(words("eyes.first")),
        Column(words("eyes.second")),
        Column(words("eyes.times"), "number"),
        Column(words("eyes.amount"), "cents"),
        Column(words("eyes.days"), "day"),
        Column(words("eyes.share")),
        Column(words("eyes.signal")),
    ]
    table = Table("eyes", words("eyes.caption"), columns, rows, MOST)
    return Section(
        "eyes", words("eyes.heading"), [intro, Plot(who_approves_whom(pairs), words("eyes.plot")), table]
    )


def _signals(pair: Mapping[str, Any], words: Words) -> list[str]:
    found = {"alone": pair["alone"], "same-pair": pair["signal"], "mutual": pair["mutual"]}
    return [words(f"eyes.{name}") for name, fires in found.items() if fires]


def roles(report: Mapping[str, Any], words: Words) -> Section:
    """Everybody who acted, and what happened to organisations."""
    columns = [
        Column(words("roles.person")),
        Column(words("roles.organisation")),
        Column(words("roles.role")),
        Column(words("roles.days"), "day"),
        Column(words("roles.times"), "number"),
        Column(words("roles.other")),
    ]
    rows = [
        (
            each["person"],
            each["organisation"],
            each["role"],
            f"{each['first_day']}\n{each['last_day']}",
            each["transactions"],
            ", ".join(each["other_roles"]),
        )
        for each in report["roles"]
    ]
    blocks: list[Block] = [Table("roles", words("roles.caption"), columns, rows, MOST)]
    if report["organisations"]:
        blocks.append(
            Table(
                "",
                words("roles.organisations-caption"),
                [
                    Column(words("roles.day"), "day"),
                    Column(words("roles.operation"), "code"),
                    Column(words("roles.about")),
                    Column(words("roles.person")),
                ],
                [
                    (each["day"], each["operation"], each["about"], each["person"])
                    for each in report["organisations"]
                ],
            )
        )
    return Section("roles", words("roles.heading"), blocks)


def proposals(report: Mapping[str, Any], words: Words) -> Section:
    """Proposals that were not approved, and transactions without effect."""
    blocks: list[Block] = []
    if report["proposals"]:
        columns = [
            Column(words("proposals.kind")),
            Column(words("proposals.id"), "code"),
            Column(words("proposals.person")),
            Column(words("proposals.day"), "day"),
            Column(words("proposals.state")),
            Column(words("proposals.by")),
        ]
        rows = [
            (
                each["kind"],
                each["id"],
                each["proposed_by"],
                each["proposed_on"],
                words.named("proposals", each["state"]),
                each["decided_by"],
            )
            for each in report["proposals"]
        ]
        blocks.append(Table("proposals", words("proposals.caption"), columns, rows, MOST))
    else:
        blocks.append(Paragraph(words("proposals.none")))
    if report["undone"]:
        columns = [
            Column(words("proposals.operation"), "code"),
            Column(words("proposals.code"), "code"),
            Column(words("proposals.organisation")),
            Column(words("proposals.person")),
            Column(words("proposals.times"), "number"),
        ]
        undone = [
            (each["operation"], each["code"], each["organisation"], each["person"], each["times"])
            for each in report["undone"]
        ]
        blocks.append(Table("undone", words("proposals.undone-caption"), columns, undone, MOST))
    else:
        blocks.append(Paragraph(f"{words('proposals.undone')}: {words('proposals.undone-none')}"))
    return Section("proposals", words("proposals.heading"), blocks)
