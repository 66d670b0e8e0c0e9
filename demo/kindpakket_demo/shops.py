"""The shops apply, and the municipality approves all but the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kindpakket_demo.desk import Desk, Till
from kindpakket_demo.town import Store


@dataclass(frozen=True, slots=True)
class Street:
    """The shops of the town: those that may take payments, and one that waits for approval."""

    open: tuple[Till, ...]
    applicant: Till


def accredit(desk: Desk, stores: tuple[Store, ...], applicant: Store, today: date) -> Street:
    """Enrol the shops' users, then have the shops apply and be approved, all but the applicant."""
    tills = [desk.till(store, f"shop-{number:02}") for number, store in enumerate((*stores, applicant), 1)]
    return admit(desk, tills, today)


def admit(desk: Desk, tills: Sequence[Till], today: date) -> Street:
    """Have enrolled shops apply, and approve all but the last."""
    for till in tills:
        store = till.store
        till.shop.registration.apply(
            store.categories, iban=store.iban, holder=store.name, kvk=store.kvk, contact="administratie"
        )
    desk.in_step()
    for till in tills[:-1]:
        grants = [{"code": code, "from": today.isoformat()} for code in till.store.categories]
        desk.manager.shops.approve(till.shop.shop_id, grants)  # type: ignore[arg-type]
    return Street(tuple(tills[:-1]), tills[-1])
