"""The books over rows: the same books as in memory, but for where their content is."""

from __future__ import annotations

from typing import Any

from kindpakket.auditor.books import (
    AllocationBook,
    Books,
    ChangeBook,
    DecisionBook,
    ErasureBook,
    OrganisationBook,
    PaymentBook,
    RefundBook,
    SchemeBook,
    SettlementBook,
    ShopBook,
    VoucherBook,
)
from kindpakket.auditor.store.forms import Fields, Plain
from kindpakket.auditor.store.rows import Rows
from kindpakket.auditor.store.shelves import Branches, Log, Shelf, ShelfSet, placed

_PARTS = ("vouchers", "changes", "allocations", "unsettled", "kinds")
_VOUCHERS, _CHANGES, _ALLOCATIONS = Fields(VoucherBook), Fields(ChangeBook), Fields(AllocationBook)


def stored_books(rows: Rows) -> Books:
    """The books in these rows; empty ones if there are none.

    `layout` and `organisations` are the caller's to keep.
    """

    def shelf(name: str, kind: type[Any]) -> Shelf[str, Any]:
        return Shelf(rows, name, Fields(kind))

    return Books(
        later_organisations=shelf("organisation", OrganisationBook),
        schemes=Shelf(rows, "scheme", Fields(SchemeBook, _PARTS), prepare=_Completing(rows)),
        entitlements=Shelf(rows, "entitlement", Plain()),
        bindings=Shelf(rows, "binding", Plain()),
        shops=shelf("shop", ShopBook),
        payments=shelf("payment", PaymentBook),
        refunds=shelf("refund", RefundBook),
        settlements=shelf("settlement", SettlementBook),
        erasures=shelf("erasure", ErasureBook),
        decisions=shelf("decision", DecisionBook),
        voided=ShelfSet(rows, "voided"),
        movements=Log(rows),
        net=placed(rows, "net"),
    )


class _Completing:
    """Gives a scheme the shelves of what belongs to it."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __call__(self, scheme: SchemeBook) -> SchemeBook:
        if not isinstance(scheme.unsettled, Branches):
            rows, id_ = self._rows, scheme.id
            scheme.vouchers = Shelf(rows, f"voucher/{id_}", _VOUCHERS)
            scheme.changes = Shelf(rows, f"change/{id_}", _CHANGES)
            scheme.allocations = Shelf(rows, f"allocation/{id_}", _ALLOCATIONS)
            scheme.unsettled = Branches(rows, f"unsettled/{id_}")
            scheme.kinds = placed(rows, f"kind/{id_}")
        return scheme
