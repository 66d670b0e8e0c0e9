"""The municipality's back office: one method for each of its transactions.

`kindpakket.ledger.caller.Caller` says what each call may raise. `request_id` is a fresh id unless given; the
same id with the same content has one effect, however often it is sent. Which role a call needs stands in
docs/transactions.md.
"""

from __future__ import annotations

from kindpakket.municipality.desk import BULK, bulks
from kindpakket.municipality.erasures import ErasureDesk
from kindpakket.municipality.organisations import OrganisationDesk
from kindpakket.municipality.schemes import SchemeDesk
from kindpakket.municipality.settlements import SettlementDesk
from kindpakket.municipality.shops import ShopDesk
from kindpakket.municipality.vouchers import VoucherDesk

__all__ = ["BULK", "Municipality", "bulks"]


class Municipality(OrganisationDesk, SchemeDesk, ShopDesk, VoucherDesk, SettlementDesk, ErasureDesk):
    """The municipality, as the user whose identity the contract's gateway has: all desks in one."""
