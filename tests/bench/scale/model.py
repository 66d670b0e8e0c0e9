"""The model: loads by role from assumptions, and from measured costs what each role needs.

Everything is linear in payments and in channels, as measured as far as two cores allow (docs/scale.md). CPU
is that of the measured machine's cores; a machine is not loaded above a share of its cores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

INPUTS = Path(__file__).resolve().parent / "inputs.yaml"
MEASURED = Path(__file__).resolve().parent / "measured.yaml"
_GIGABYTE = 1e9


@dataclass(frozen=True)
class Load:
    """What the nodes of a kind of one organisation carry.

    Attributes:
        role: whose they are, as the page calls it.
        cost: the name of the measured costs.
        organisations: how many organisations have such nodes.
        shares: of all payments, for each channel that each of them serves.
    """

    role: str
    cost: str
    organisations: int
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Need:
    """What each organisation of a role needs.

    Attributes:
        role: the role.
        organisations: how many of them there are.
        peak: payments per second at the peak.
        cores: cores at the peak, with the reserve.
        machines: machines of the assumed size, at least one.
        disk_gb: gigabytes on disk after the years that are kept.
        megabits: megabits per second that it sends at the peak.
    """

    role: str
    organisations: int
    peak: float
    cores: float
    machines: int
    disk_gb: float
    megabits: float


def inputs(file: Path = INPUTS) -> Mapping[str, Any]:
    """Assumptions, and the measured figures; a file may have both."""
    measured = yaml.safe_load(MEASURED.read_text("utf-8"))
    return {**measured, **yaml.safe_load(file.read_text("utf-8"))}


def loads(assumed: Mapping[str, Any]) -> list[Load]:
    """Who carries what: each municipality its own channel, the others all of them."""
    towns, largest = assumed["municipalities"], assumed["largest_share"]
    rest = (1 - largest) / (towns - 1)
    every = (largest, *[rest] * (towns - 1))
    return [
        Load("peer of an average municipality", "municipality_peer", towns - 1, (rest,)),
        Load("peer of the largest municipality", "municipality_peer", 1, (largest,)),
        Load("consenter of an average municipality", "orderer", towns - 1, (rest,)),
        Load("consenter of the largest municipality", "orderer", 1, (largest,)),
        Load("peers of the shops", "shops_peer", 1, every),
        Load("peers of the auditor", "auditor_peer", 1, every),
        Load("consenters of shops, auditor and operator, each", "orderer", 3, every),
    ]


def blocks_per_second(payments: float, seconds: float) -> float:
    """The blocks of a channel, if each holds its first payment and those that come meanwhile.

    Args:
        payments: payments per second.
        seconds: from the first payment of a block to the next block.
    """
    return payments / (1 + payments * seconds)


def needs(given: Mapping[str, Any]) -> list[Need]:
    """What each organisation of each role needs."""
    assumed, measured = given["assumed"], given["measured"]
    yearly = assumed["children"] * assumed["payments_per_child"]
    found = []
    for load in loads(assumed):
        share = sum(load.shares)
        peak = assumed["peak_per_second"] * share
        blocks = sum(
            blocks_per_second(assumed["peak_per_second"] * part, assumed["seconds_for_a_block"])
            for part in load.shares
        )
        cost = measured[load.cost]
        busy = (peak * cost["payment_cpu_ms"] + blocks * cost["block_cpu_ms"]) / 1000
        cores = (busy + len(load.shares) * cost["rest_cores_per_channel"]) / assumed["utilisation"]
        found.append(
            Need(
                load.role,
                load.organisations,
                peak,
                cores,
                max(math.ceil(cores / assumed["cores_per_machine"]), 1),
                yearly * assumed["years"] * share * cost["disk_bytes"] / _GIGABYTE,
                peak * cost["sent_bytes"] * 8 / 1e6,
            )
        )
    return found


def page(given: Mapping[str, Any]) -> str:
    """The figures as docs/scale.md has them."""
    assumed, measured = given["assumed"], given["measured"]
    several = needs(given)
    yearly = assumed["children"] * assumed["payments_per_child"]
    all_cores = sum(need.cores * need.organisations for need in several)
    lines = [
        f"{assumed['municipalities']} municipalities, {assumed['children']:,} children with "
        f"{assumed['payments_per_child']} payments a year ({yearly:,} payments), "
        f"{assumed['peak_per_second']} payments per second at the peak, "
        f"{assumed['largest_share']:.0%} of them in the largest municipality; {assumed['years']} years on "
        f"disk; machines of {assumed['cores_per_machine']} cores, loaded to {assumed['utilisation']:.0%} at "
        "the peak:",
        "",
        "| each | organisations | payments/s | cores | machines | disk, GB | sends, Mbit/s |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {need.role} | {need.organisations} | {need.peak:.1f} | {need.cores:.2f} | {need.machines} | "
            f"{need.disk_gb:,.0f} | {need.megabits:,.1f} |"
            for need in several
        ),
        "",
        f"The largest channel makes {assumed['peak_per_second'] * assumed['largest_share']:.0f} payments per "
        f"second at the peak. One channel made {measured['channel_per_second']:g} on two cores, with all "
        f"nodes and the client on them. In all {all_cores:,.0f} cores are needed at the peak.",
    ]
    return "\n".join(lines) + "\n"
