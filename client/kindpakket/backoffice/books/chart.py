"""Accounts, journals and cost centres: where each amount is booked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal[
    "commitments",
    "commitments_contra",
    "payables",
    "receivables",
    "bank",
    "netting",
    "accrued_liabilities",
    "accrued_assets",
    "result",
    "write_offs",
    "costs",
    "accrued_costs",
]
"""What an account is for. `accrued_costs` are booked on the account of `costs`."""
NAMED: tuple[Role, ...] = (
    "commitments",
    "commitments_contra",
    "payables",
    "receivables",
    "bank",
    "netting",
    "accrued_liabilities",
    "accrued_assets",
    "result",
    "write_offs",
)
"""The roles with an account of their own."""
OFF_BALANCE: frozenset[Role] = frozenset({"commitments", "commitments_contra"})
COSTS: frozenset[Role] = frozenset({"costs", "accrued_costs", "write_offs"})
"""Accounts of the statement of income and expenditure; the others are of the balance sheet, or off it."""
BY_SHOP: frozenset[Role] = frozenset({"payables", "receivables"})
JournalName = Literal["commitments", "costs", "bank", "general"]
JOURNALS: tuple[JournalName, ...] = ("commitments", "costs", "bank", "general")


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """A general ledger account.

    Attributes:
        code: its code, as text.
        name: its name.
        rgs: its code in the Referentie Grootboekschema; "" if it is not known.
    """

    code: str
    name: str
    rgs: str = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal, with its code and name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Company:
    """The municipality, as the audit file names it.

    Attributes:
        name: its name.
        tax_number: its number with the tax authority.
        trade_register: its number in the trade register; "" if it is not known.
    """

    name: str
    tax_number: str
    trade_register: str = ""


@dataclass(frozen=True, slots=True)
class SchemeChart:
    """What is different for one scheme; empty members mean: as for all.

    Attributes:
        name: the scheme's name in descriptions.
        account: the account of its costs.
        cost_centre: its cost centre.
        categories: the accounts of its costs by category.
        expected_use: percentage, in hundredths, of what can still be spent at 31 December that is a cost of
            the year.
    """

    name: str = ""
    account: Account | None = None
    cost_centre: str = ""
    categories: Mapping[str, Account] = field(default_factory=dict)
    expected_use: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that a mapping says.

    Attributes:
        accounts: the account of each role that has one of its own.
        journals: the journals.
        account: the account of costs that have no other one; None: there is none.
        cost_centre: the cost centre of costs that have no other one; "": none.
        categories: the accounts of costs by category.
        schemes: what is different for a scheme, by its id.
        accrue_unsettled: at 31 December, what is not in a settlement moves to the accrued liabilities.
        expected_use: as of `SchemeChart`, for the others.
        shops_apart: payables and receivables have a line for each shop.
        creditors: the numbers of shops in the administration, by their ids.
        company: for the audit file; None: it was not named.
        starts: the first period, `YYYY-MM`, that it is for; "": from the beginning.
    """

    accounts: Mapping[Role, Account]
    journals: Mapping[JournalName, Journal]
    account: Account | None = None
    cost_centre: str = ""
    categories: Mapping[str, Account] = field(default_factory=dict)
    schemes: Mapping[str, SchemeChart] = field(default_factory=dict)
    accrue_unsettled: bool = True
    expected_use: int = 0
    shops_apart: bool = False
    creditors: Mapping[str, str] = field(default_factory=dict)
    company: Company | None = None
    starts: str = ""

    def costs_account(self, scheme: str, category: str) -> Account | None:
        """The account for what was spent under a scheme in a category; None if the mapping has none."""
        own = self.schemes.get(scheme, SchemeChart())
        return own.categories.get(category) or own.account or self.categories.get(category) or self.account

    def cost_centre_of(self, scheme: str) -> str:
        """The cost centre of a scheme; "" if it has none."""
        return self.schemes.get(scheme, SchemeChart()).cost_centre or self.cost_centre

    def expected_use_of(self, scheme: str) -> int:
        """The percentage of a scheme's expected use, in hundredths."""
        own = self.schemes.get(scheme, SchemeChart()).expected_use
        return self.expected_use if own is None else own

    def name_of(self, scheme: str) -> str:
        """The scheme's name, or its id."""
        return self.schemes.get(scheme, SchemeChart()).name or scheme

    def party_of(self, role: Role, shop: str) -> str:
        """Whom a line is about: the shop's number or id where shops are apart, else ""."""
        return self.creditors.get(shop, shop) if self.shops_apart and role in BY_SHOP else ""

    def names(self) -> dict[str, Account]:
        """All accounts by their codes, in the order of the codes."""
        found = [*self.accounts.values(), *self.categories.values()]
        found += [self.account] if self.account else []
        for scheme in self.schemes.values():
            found += [*scheme.categories.values(), *([scheme.account] if scheme.account else [])]
        return {account.code: account for account in sorted(found)}

    def cost_codes(self) -> frozenset[str]:
        """The codes of the accounts on which costs are booked."""
        balance = {account.code for role, account in self.accounts.items() if role not in COSTS}
        return frozenset(self.names().keys() - balance)
