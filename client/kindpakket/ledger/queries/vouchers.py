"""Queries on vouchers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Allowance, Voucher


class VoucherQueries(Desk):
    """Queries on vouchers. `Caller` lists what each may raise."""

    def show(self, scheme: str, voucher: str) -> Voucher:
        """`voucher:Show`: a voucher."""
        return cast(Voucher, self._caller.query("voucher:Show", {"scheme": scheme, "voucher": voucher}))

    def list(self, scheme: str) -> Iterator[Voucher]:
        """`voucher:List`: all vouchers of a scheme, by id."""
        return self._caller.items("voucher:List", {"scheme": scheme})

    def lapsable(self, scheme: str) -> Iterator[Voucher]:
        """`voucher:Lapsable`: the vouchers that `lapse` would change now, by id."""
        return self._caller.items("voucher:Lapsable", {"scheme": scheme})

    def allowance(self, scheme: str, voucher: str, shop: str) -> Allowance:
        """`voucher:Allowance`: what a voucher can pay at a shop now; shops need the holder's proof."""
        members = {"scheme": scheme, "voucher": voucher, "shop": shop}
        return cast(Allowance, self._caller.query("voucher:Allowance", members))
