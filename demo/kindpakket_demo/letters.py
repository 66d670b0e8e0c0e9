"""Letters to households on paper: one PDF each, with the slips of the children's booklets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from kindpakket.backoffice.letters import (
    Letter,
    LetterVoucher,
    Order,
    Printed,
    Summary,
    Templates,
    VoucherRecord,
    VoucherTerms,
    write_letters,
)
from kindpakket.backoffice.register import Entry
from kindpakket.holder.booklet import Booklet
from kindpakket_demo.children import Enrolled
from kindpakket_demo.desk import Desk, now
from kindpakket_demo.schemes import CENTS_PER_CHILD, OpenScheme
from kindpakket_demo.spending import Purse

LETTERS = 8


def write(desk: Desk, scheme: OpenScheme, enrolled: Enrolled, purses: Sequence[Purse]) -> Summary:
    """Write letters to the first few households with a booklet, as a print house gets them."""
    wallets = [purse.wallet for purse in purses]
    booklets = {
        wallet.voucher: wallet.authority for wallet in wallets if isinstance(wallet.authority, Booklet)
    }
    households: dict[str, list[Entry]] = {}
    for bulk in enrolled.bulks:
        for entry in bulk.entries:
            if entry.voucher in booklets:
                households.setdefault(entry.child.household, []).append(entry)
    orders = [
        Order(f"letter-{number:03}", partial(_printed, scheme, entries, booklets))
        for number, entries in enumerate(list(households.values())[:LETTERS], 1)
    ]
    return write_letters(orders, desk.results / "letters", Templates.load())


def _printed(scheme: OpenScheme, entries: Sequence[Entry], booklets: dict[str, Booklet]) -> Printed:
    vouchers, records = [], []
    for entry in entries:
        booklet = booklets[entry.voucher]
        terms = VoucherTerms(
            "Kindpakket",
            "boeken, sport, zwemles en meer",
            "in alle winkels met de Kindpakket-sticker",
            date.fromisoformat(scheme.rules["ends_on"]),
            cents=CENTS_PER_CHILD,
            child=entry.child.first_names,
        )
        vouchers.append(LetterVoucher(scheme.id, entry.voucher, terms, booklet=booklet))
        keys = tuple(key.hex() for key in booklet.public_keys)
        records.append(VoucherRecord(scheme.id, entry.voucher, public_keys=keys))
    return Printed(Letter("nl", now().date(), tuple(vouchers)), tuple(records))
