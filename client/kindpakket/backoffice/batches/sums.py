"""What has been issued with some bulks."""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket.backoffice.register import Register
from kindpakket.municipality import Municipality


def issued_with(
    municipality: Municipality, register: Register, scheme: str, bulks: Sequence[str]
) -> tuple[int, int]:
    """The number of vouchers that were issued with some bulks, and their sum in cents.

    The register knows the sum of what this version issued; the rest is looked up on the ledger.
    """
    vouchers = cents = 0
    unknown: set[str] = set()
    for bulk, known in register.issued_cents(bulks).items():
        ids = [line["id"] for line in register.issuances(bulk)]
        vouchers += len(ids)
        if known is None:
            unknown.update(ids)
        else:
            cents += known
    if unknown:
        listed = municipality.vouchers.list(scheme)
        cents += sum(voucher["issued_cents"] for voucher in listed if voucher["id"] in unknown)
    return vouchers, cents
