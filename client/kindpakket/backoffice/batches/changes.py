"""Children whose vouchers were issued for something else than a later file says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kindpakket.backoffice.register import Batch, Register
from kindpakket.ledger.lists import cost
from kindpakket.ledger.records import Rules
from kindpakket.municipality import Municipality

_OVER = ("revoked", "lapsed")
_ONE_BY_ONE = 100
"""Up to how many vouchers are asked for one by one; for more, the scheme's list is read once."""


@dataclass(frozen=True, slots=True)
class Change:
    """A child for whom a file gives something else than its voucher has had.

    Attributes:
        row: the child's number in the file, from 1.
        voucher: id of the voucher.
        had_cents: what the voucher was issued for and topped up with.
        file_cents: what the file gives.
        preset: of a top-up by which the voucher gets what the file gives; "": there is none.
        units: of that top-up.
    """

    row: int
    voucher: str
    had_cents: int
    file_cents: int
    preset: str
    units: int

    def as_json(self) -> dict[str, object]:
        """The change as a document."""
        return {
            "row": self.row,
            "voucher": self.voucher,
            "had_cents": self.had_cents,
            "file_cents": self.file_cents,
            "top_up": {"preset": self.preset, "units": self.units} if self.preset else None,
        }


def changes_of(
    municipality: Municipality, register: Register, batch: Batch, rules: Rules
) -> Iterator[Change]:
    """The changes of a batch's file which no top-up has made up for.

    A voucher that has had more than the file gives is told and left as it is. One that was revoked or has
    lapsed is left out.
    """
    changed = register.batches.changed_terms(batch)
    on_ledger = _vouchers(municipality, batch.scheme, {found.voucher for found in changed})
    for found in changed:
        had = on_ledger.get(found.voucher)
        wanted = cost(found.file_preset, found.file_units, rules)
        if had is None or had == wanted:
            continue
        preset, units = _top_up(found.file_preset, wanted - had, rules)
        yield Change(found.number, found.voucher, had, wanted, preset, units)


def _vouchers(municipality: Municipality, scheme: str, wanted: set[str]) -> dict[str, int]:
    """What some vouchers have had, in cents, without those that are over."""
    if len(wanted) <= _ONE_BY_ONE:
        found = (municipality.vouchers.show(scheme, voucher) for voucher in sorted(wanted))
    else:
        found = (voucher for voucher in municipality.vouchers.list(scheme) if voucher["id"] in wanted)
    return {
        voucher["id"]: voucher["issued_cents"] + voucher["topped_up_cents"]
        for voucher in found
        if voucher["state"] not in _OVER
    }


def _top_up(wanted: str, cents: int, rules: Rules) -> tuple[str, int]:
    """A preset of which some units are so many cents, that of the file if possible."""
    presets = rules["presets"]
    if cents > 0:
        for preset in sorted(presets, key=lambda preset: (preset != wanted, preset)):
            if cents % presets[preset] == 0:
                return preset, cents // presets[preset]
    return "", 0
