"""Where the money is: due, drafted, approved, on its way to the bank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from kindpakket.backoffice.payout.candidates import LeftOut, hindrance, live_settlements
from kindpakket.backoffice.payout.drafting import due
from kindpakket.backoffice.payout.exporting import KeptPayments
from kindpakket.municipality import Municipality

STAGES = ("due", "drafted", "approved", "exported")
"""In their order: drafted waits for an approver, approved for a treasurer, exported for the bank."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What is at a stage.

    Attributes:
        name: one of `STAGES`.
        settlements: how many.
        cents: their sum.
    """

    name: str
    settlements: int
    cents: int

    def as_json(self) -> dict[str, object]:
        """As a JSON document."""
        return {"stage": self.name, "settlements": self.settlements, "cents": self.cents}


@dataclass(frozen=True, slots=True)
class FileStanding:
    """How far a payment file is.

    Attributes:
        file: as the register keeps it.
        states: state of its settlements -> how many.
    """

    file: KeptPayments
    states: Counter[str]

    def as_json(self) -> dict[str, object]:
        """As a JSON document, without accounts."""
        return {
            "sha256": self.file.sha256,
            "state": self.file.state,
            **self.file.members,
            "settlements": dict(sorted(self.states.items())),
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the money is.

    Attributes:
        stages: what is at each stage.
        left_out: what is due, drafted or approved and not paid for now, with the reason.
        files: payment files that the bank has not answered in full, or whose export was interrupted.
    """

    stages: tuple[Stage, ...]
    left_out: tuple[LeftOut, ...]
    files: tuple[FileStanding, ...] = field(default=())


def standing(
    municipality: Municipality, files: Sequence[KeptPayments], schemes: Collection[str] = ()
) -> Standing:
    """Add up what is at each stage.

    Args:
        municipality: whoever may read settlements and shops.
        files: the payment files that the register keeps.
        schemes: only of these schemes; none: of all.
    """
    shops = {shop["id"]: shop for shop in municipality.shops.list()}
    found = due(municipality, schemes)
    left_out = list(found.left_out)
    amounts: dict[str, list[int]] = {stage: [] for stage in STAGES}
    amounts["due"] = [each.cents for each in found.settlements]
    of_file: dict[str, Counter[str]] = {}
    for record in live_settlements(municipality, schemes):
        if record["state"] not in STAGES:
            continue  # a receivable
        amounts[record["state"]].append(record["cents"])
        if record["state"] == "exported":
            of_file.setdefault(record.get("file_sha256", ""), Counter())["exported"] += 1
        elif reason := hindrance(shops[record["shop"]]):
            left_out.append(LeftOut(record["scheme"], record["shop"], record["cents"], *reason, record["id"]))
    open_files = [
        FileStanding(file, of_file.get(file.sha256, Counter()))
        for file in files
        if file.state == "made" or file.sha256 in of_file
    ]
    stages = tuple(Stage(name, len(amounts[name]), sum(amounts[name])) for name in STAGES)
    return Standing(stages, tuple(left_out), tuple(open_files))
