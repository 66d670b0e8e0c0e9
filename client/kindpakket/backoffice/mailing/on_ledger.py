"""Vouchers on the ledger, as far as letters have to know them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from kindpakket.ledger.days import day_of
from kindpakket.ledger.records import Voucher
from kindpakket.ledger.refusals import VoucherNotFound
from kindpakket.municipality import Municipality

_FEW = 20  # of fewer vouchers each is asked for; of more, all of the scheme are listed


@dataclass(frozen=True, slots=True)
class OnLedger:
    """A voucher on the ledger.

    Attributes:
        state: such as `issued`.
        version: version of what it is bound to; 0: it is not bound.
        root: Merkle root of the booklet that it is bound to; "": it is not bound to one.
        proposed: the id of the replacement that waits for another person, and the root of its booklet.
        issued_by: who issued it.
        until: the last day on which it can be spent.
        cents: what is left on it; None: it is for a product.
    """

    state: str
    version: int
    root: str
    proposed: tuple[str, str]
    issued_by: str
    until: date
    cents: int | None

    @property
    def waits_for_letter(self) -> bool:
        """Whether it is issued and not bound to anything yet."""
        return self.state == "issued" and self.version == 0

    @property
    def is_replaceable(self) -> bool:
        """Whether it is bound, and may be bound to something else."""
        return self.state in ("active", "blocked") and self.version > 0


def on_ledger(municipality: Municipality, scheme: str, vouchers: Collection[str]) -> dict[str, OnLedger]:
    """Those of some vouchers that are on the ledger."""
    if len(vouchers) > _FEW:
        wanted = set(vouchers)
        listed = (voucher for voucher in municipality.vouchers.list(scheme) if voucher["id"] in wanted)
        return {voucher["id"]: _read(voucher) for voucher in listed}
    found = {}
    for identifier in vouchers:
        try:
            found[identifier] = _read(municipality.vouchers.show(scheme, identifier))
        except VoucherNotFound:
            continue
    return found


def _read(voucher: Voucher) -> OnLedger:
    bound = voucher["authorisation"]
    waiting = voucher.get("replacement")
    proposed = ("", "")
    if waiting is not None:
        proposed = (waiting["id"], waiting["authorisation"].get("root", ""))
    return OnLedger(
        state=voucher["state"],
        version=bound["version"] if bound else 0,
        root=bound.get("root", "") if bound else "",
        proposed=proposed,
        issued_by=voucher.get("issued_by", ""),
        until=date.fromisoformat(day_of(voucher["ends_at"] - 1)),
        cents=None if "product" in voucher else voucher["available_cents"],
    )
