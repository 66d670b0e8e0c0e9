"""Queries on the whole ledger, which municipal roles and auditors may run."""

from __future__ import annotations

from kindpakket.ledger.caller import Caller, Ledger
from kindpakket.ledger.queries.allocations import AllocationQueries
from kindpakket.ledger.queries.audit import AuditQueries
from kindpakket.ledger.queries.decisions import DecisionQueries
from kindpakket.ledger.queries.erasures import ErasureQueries
from kindpakket.ledger.queries.organisations import OrganisationQueries
from kindpakket.ledger.queries.payments import PaymentQueries
from kindpakket.ledger.queries.requests import RequestQueries
from kindpakket.ledger.queries.schemes import SchemeQueries
from kindpakket.ledger.queries.settlements import SettlementQueries
from kindpakket.ledger.queries.shops import ShopQueries
from kindpakket.ledger.queries.vouchers import VoucherQueries


class Reader:
    """All queries, run as the identity of the contract's gateway.

        reader = Reader(network.contract("kindpakket"))
        for scheme in reader.schemes.list():
            print(reader.audit.totals(scheme["id"]))

    Attributes:
        caller: calls any transaction by name.
        organisations, schemes, allocations, shops, vouchers, payments, settlements, erasures, decisions,
            requests, audit: one desk for each noun; `reader.schemes.show(…)` is the query `scheme:Show`.
    """

    def __init__(self, contract: Ledger) -> None:
        """Read through a contract of `fabric_gateway`."""
        self.caller = Caller(contract)
        self.organisations = OrganisationQueries(self.caller)
        self.schemes = SchemeQueries(self.caller)
        self.allocations = AllocationQueries(self.caller)
        self.shops = ShopQueries(self.caller)
        self.vouchers = VoucherQueries(self.caller)
        self.payments = PaymentQueries(self.caller)
        self.settlements = SettlementQueries(self.caller)
        self.erasures = ErasureQueries(self.caller)
        self.decisions = DecisionQueries(self.caller)
        self.requests = RequestQueries(self.caller)
        self.audit = AuditQueries(self.caller)
