"""The municipality's back office: a desk for each noun, named as the transactions are."""

from __future__ import annotations

from kindpakket.ledger.caller import Caller, Ledger
from kindpakket.ledger.queries.audit import AuditQueries
from kindpakket.ledger.requests import RequestDesk
from kindpakket.municipality.erasures import ErasureDesk
from kindpakket.municipality.organisations import OrganisationDesk
from kindpakket.municipality.payments import PaymentDesk
from kindpakket.municipality.private_records import PrivateRecords
from kindpakket.municipality.schemes import SchemeDesk
from kindpakket.municipality.settlements import SettlementDesk
from kindpakket.municipality.shops import ShopDesk
from kindpakket.municipality.vouchers import VoucherDesk


class Municipality:
    """The municipality, as the user whose identity the contract's gateway has.

        municipality = Municipality(network.contract("kindpakket"))
        settlement = municipality.settlements.draft(scheme, shop)
        municipality.settlements.approve(scheme, settlement["id"])  # as another person

    `municipality.settlements.approve(…)` is the transaction `settlement:Approve`;
    `kindpakket.ledger.caller.Caller` says what each call may raise. `request_id` is a fresh id unless given;
    the same id with the same content has one effect, however often it is sent. docs/transactions.md lists
    which role each call needs.

    Attributes:
        caller: calls any transaction by its name.
        organisations, schemes, shops, vouchers, payments, settlements, erasures: one desk for each noun, with
            its queries.
        audit: histories, statements, sums and samples.
        requests: makes certain what became of a request.
    """

    def __init__(self, contract: Ledger) -> None:
        """Act through a contract of `kindpakket.fabric`."""
        self.caller = Caller(contract)
        private = PrivateRecords(self.caller)
        self.organisations = OrganisationDesk(self.caller)
        self.schemes = SchemeDesk(self.caller)
        self.shops = ShopDesk(self.caller, private)
        self.vouchers = VoucherDesk(self.caller, private)
        self.payments = PaymentDesk(self.caller)
        self.settlements = SettlementDesk(self.caller)
        self.erasures = ErasureDesk(self.caller, private)
        self.audit = AuditQueries(self.caller)
        self.requests = RequestDesk(self.caller)
