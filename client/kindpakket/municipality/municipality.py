"""The municipality's back office: a desk for each noun, with methods named after the transactions."""

from __future__ import annotations

from kindpakket.ledger.caller import Caller, Ledger
from kindpakket.ledger.queries.audit import AuditQueries
from kindpakket.ledger.requests import RequestDesk
from kindpakket.municipality.allocations import AllocationDesk
from kindpakket.municipality.decisions import DecisionDesk
from kindpakket.municipality.erasures import ErasureDesk
from kindpakket.municipality.organisations import OrganisationDesk
from kindpakket.municipality.payments import PaymentDesk
from kindpakket.municipality.private_records import PrivateRecords
from kindpakket.municipality.schemes import SchemeDesk
from kindpakket.municipality.settlements import SettlementDesk
from kindpakket.municipality.shops import ShopDesk
from kindpakket.municipality.vouchers import VoucherDesk


class Municipality:
    """The municipality, acting as the identity of the contract's gateway.

        municipality = Municipality(network.contract("kindpakket"))
        settlement = municipality.settlements.draft(scheme, shop)
        municipality.settlements.approve(scheme, settlement["id"])  # as another person

    `municipality.settlements.approve(…)` is the transaction `settlement:Approve`;
    `kindpakket.ledger.caller.Caller` lists what each call may raise. A `request_id` is 32 hexadecimal
    characters; without one, a new id is used. The same id with the same content takes effect once, however
    often it is sent. `docs/transactions.md` lists the role that each call needs.

    Attributes:
        caller: calls any transaction by name.
        organisations, schemes, allocations, shops, vouchers, payments, settlements, erasures, decisions:
            one desk for each noun, with its queries.
        audit: histories, statements, sums and samples.
        requests: settles requests whose outcome is unknown.
    """

    def __init__(self, contract: Ledger) -> None:
        """Act through a contract of `fabric_gateway`."""
        self.caller = Caller(contract)
        private = PrivateRecords(self.caller)
        self.organisations = OrganisationDesk(self.caller)
        self.schemes = SchemeDesk(self.caller)
        self.allocations = AllocationDesk(self.caller)
        self.shops = ShopDesk(self.caller, private)
        self.vouchers = VoucherDesk(self.caller, private)
        self.payments = PaymentDesk(self.caller)
        self.settlements = SettlementDesk(self.caller)
        self.erasures = ErasureDesk(self.caller, private)
        self.decisions = DecisionDesk(self.caller)
        self.audit = AuditQueries(self.caller)
        self.requests = RequestDesk(self.caller)
