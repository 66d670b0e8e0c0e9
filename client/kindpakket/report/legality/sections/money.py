"""Concentration and velocity, and late settlements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kindpakket.report.legality.model import Block, Column, Paragraph, Plot, Section, Table
from kindpakket.report.legality.plots import by_day, by_hour, by_shop
from kindpakket.report.legality.sections.payments import MOST
from kindpakket.report.legality.words import Words

_SIGNALS = {"round": "round-signal", "night": "night-signal"}


def patterns(report: Mapping[str, Any], words: Words) -> Section:
    """Where and when the money goes."""
    found, signals = report["patterns"], report["settings"]["signals"]
    if not found["shops"]:
        return Section("patterns", words("patterns.heading"), [Paragraph(words("patterns.none"))])
    columns = [
        Column(words("patterns.shop"), "code"),
        Column(words("patterns.payments"), "number"),
        Column(words("patterns.amount"), "cents"),
        Column(words("patterns.share")),
        Column(words("patterns.vouchers"), "number"),
        Column(words("patterns.round"), "number"),
        Column(words("patterns.night"), "number"),
        Column(words("patterns.last", days=signals["last_days"]), "number"),
        Column(words("patterns.busiest", minutes=signals["busy_minutes"]), "number"),
        Column(words("patterns.emptied"), "number"),
        Column(words("patterns.signals")),
    ]
    rows = [
        (
            shop["shop"],
            shop["payments"],
            shop["cents"],
            f"{shop['share']} %",
            shop["vouchers"],
            shop["round_amounts"],
            shop["at_night"],
            shop["last_days"],
            shop["busiest"],
            shop["emptied"],
            "\n".join(words(f"patterns.{_SIGNALS.get(code, code)}") for code in shop["signals"]),
        )
        for shop in found["shops"]
    ]
    voucher, shop, day, times = found["pairs"]
    blocks: list[Block] = [
        Paragraph(words("patterns.intro"), "quiet"),
        Plot(by_shop(found["shops"], words), words("patterns.plot-shops")),
        Table("shops", words("patterns.caption"), columns, rows, MOST),
        Paragraph(words("patterns.most", voucher=voucher, shop=shop, day=day, times=times)),
        Plot(by_day(found["days"], words), words("patterns.plot-days")),
        Plot(by_hour(found["hours"], words), words("patterns.plot-hours")),
    ]
    return Section("patterns", words("patterns.heading"), blocks)


def lateness(report: Mapping[str, Any], words: Words) -> Section:
    """How long shops wait for their money."""
    late = report["late"]
    name = "late.intro" if late["paid"] else "late.nothing"
    figures = {name: late[name] for name in ("norm", "paid", "median", "longest")}
    blocks: list[Block] = [Paragraph(words(name, **figures))]
    if not late["late"]:
        blocks.append(Paragraph(words("late.none")))
        return Section("late", words("late.heading"), blocks)
    columns = [
        Column(words("late.payment"), "code"),
        Column(words("late.shop"), "code"),
        Column(words("late.settlement"), "code"),
        Column(words("late.amount"), "cents"),
        Column(words("late.days"), "number"),
        Column(words("late.paid")),
    ]
    rows = [
        (
            each["payment"],
            each["shop"],
            each["settlement"],
            each["cents"],
            each["days"],
            words("words.yes" if each["paid"] else "words.no"),
        )
        for each in late["late"]
    ]
    blocks.append(Table("late", words("late.caption"), columns, rows, MOST))
    return Section("late", words("late.heading"), blocks)
