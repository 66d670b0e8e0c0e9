"""The JSON objects of the ledger as types. Amounts are euro cents, instants Unix seconds, days `YYYY-MM-DD`.

docs/transactions.md says what each member means. Members that a record may lack are `NotRequired`.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Organisations(TypedDict):
    """MSP ids by what they are."""

    municipality: str
    shops: list[str]
    auditors: list[str]


class CategoryRule(TypedDict):
    """A category of a scheme; the cap is per voucher."""

    code: str
    cap_cents: NotRequired[int]


class Rules(TypedDict):
    """What the vouchers of a scheme may do. Dates are inclusive; `ends_at` is an exclusive instant."""

    name: str
    starts_on: str
    ends_on: str
    ends_at: NotRequired[int]
    presets: dict[str, int]
    categories: list[CategoryRule]
    payment_min_cents: int
    payment_cap_cents: int
    day_cap_cents: int
    proofs: list[str]
    paper_cap_cents: int
    refund_grace_days: int
    settlement_days: int
    retention_days: int


class StoredRules(Rules):
    """A version of a scheme's rules, as the ledger keeps it."""

    scheme: str
    version: int


class Scheme(TypedDict):
    """A scheme's state and who did what."""

    id: str
    state: str
    rules_version: int
    drafted_by: str
    approved_by: NotRequired[str]
    opened_by: NotRequired[str]
    paused_by: NotRequired[str]
    pause_reason: NotRequired[str]


class Budget(TypedDict):
    """A scheme's money: budget + lapsed + revoked = issued + topped up + unallocated."""

    budget_cents: int
    issued_cents: int
    topped_up_cents: int
    lapsed_cents: int
    revoked_cents: int
    unallocated_cents: int


class SchemeView(TypedDict):
    """A scheme with its rules, its budget and the last closed day ("" when there is none)."""

    scheme: Scheme
    rules: StoredRules
    budget: Budget
    closed_until: str


class ClosedDay(TypedDict):
    """A scheme and its last closed day."""

    scheme: str
    closed_until: str


ShopGrant = TypedDict("ShopGrant", {"code": str, "from": str})
"""A category that a shop may sell in, and the day from which on."""


class Shop(TypedDict):
    """A shop, the categories it asked for and those it was granted."""

    id: str
    msp: str
    state: str
    requested: list[str]
    categories: list[ShopGrant]
    applied_by: str
    approved_by: NotRequired[str]
    changed_by: NotRequired[str]
    state_reason: NotRequired[str]


class ShopAccount(TypedDict):
    """Where a shop is paid: private to the municipality and the shops' organisation."""

    iban: str
    holder: str
    kvk: str
    contact: str
    salt: str


class CaseRecord(TypedDict):
    """What ties a voucher to a case of the municipality: private to the municipality."""

    voucher: str
    case: str
    salt: str


class Recorded(TypedDict):
    """How many case records were taken."""

    recorded: int


class Allocation(TypedDict):
    """A voucher that is to be issued."""

    id: str
    entitlement: str
    preset: str
    units: int


class IssuedVoucher(TypedDict):
    """A voucher that was issued."""

    id: str
    cents: int


class Issued(TypedDict):
    """The answer to issuing."""

    scheme: str
    vouchers: list[IssuedVoucher]
    issued_cents: int


class Authorisation(TypedDict):
    """What a voucher is bound to: a key (algorithm, public key) or a booklet (pages, root)."""

    kind: Literal["key", "booklet"]
    algorithm: NotRequired[str]
    public_key: NotRequired[str]
    pages: NotRequired[int]
    root: NotRequired[str]


class BoundAuthorisation(Authorisation):
    """An authorisation on the ledger."""

    version: int
    last_page: NotRequired[int]


class Proof(TypedDict):
    """The holder's agreement."""

    kind: Literal["key", "booklet"]
    version: int
    signature: str
    page: NotRequired[int]
    public_key: NotRequired[str]
    path: NotRequired[list[str]]


class Activation(TypedDict):
    """A voucher that is to be bound to its holder's authorisation."""

    voucher: str
    authorisation: Authorisation
    proof: Proof


class Activated(TypedDict):
    """The answer to activating."""

    scheme: str
    vouchers: list[str]


class DaySpending(TypedDict):
    """What was paid on the latest booking day."""

    date: str
    cents: int


class Balance(TypedDict):
    """A voucher's money.

    issued + topped up + refunded + cancelled = spent + held + available + lapsed + revoked.
    """

    issued_cents: int
    topped_up_cents: int
    spent_cents: int
    refunded_cents: int
    cancelled_cents: int
    held_cents: int
    available_cents: int
    lapsed_cents: int
    revoked_cents: int


class Voucher(Balance):
    """What one child may spend."""

    id: str
    scheme: str
    rules_version: int
    state: str
    entitlement: str
    preset: str
    units: int
    spent_by_category: dict[str, int]
    day: DaySpending
    ends_at: int
    authorisation: BoundAuthorisation | None
    blocked_from: NotRequired[str]
    blocked_by: NotRequired[str]
    block_reason: NotRequired[str]


class Totals(Balance):
    """Sums over vouchers."""

    vouchers: int


class Allowance(TypedDict):
    """What a voucher may pay now at a shop."""

    available_cents: int
    categories: dict[str, int]
    state: str
    payment_cap_cents: int
    payment_min_cents: int
    paper_cap_cents: int
    ends_at: int
    authorisation_version: int
    last_page: int


class Line(TypedDict):
    """What a payment or refund moves in one category."""

    category: str
    cents: int


class ProofUsed(TypedDict):
    """What a payment was authorised with."""

    kind: str
    version: int
    page: NotRequired[int]


class Payment(TypedDict):
    """What a voucher paid a shop; `day` is its booking day."""

    id: str
    scheme: str
    shop: str
    voucher: str
    lines: list[Line]
    cents: int
    refunded: dict[str, int]
    refunded_cents: int
    state: str
    day: str
    at: int
    proof: ProofUsed
    cancel_reason: NotRequired[str]


class Refund(TypedDict):
    """Money of a payment that returned."""

    id: str
    payment: str
    scheme: str
    shop: str
    voucher: str
    lines: list[Line]
    cents: int
    day: str
    at: int
    reason: str
    returned_to: str


class Item(TypedDict):
    """A payment, or a refund with negative cents, that a shop is owed."""

    id: str
    day: str
    cents: int


class Settlement(TypedDict):
    """What a shop is paid at once."""

    id: str
    scheme: str
    shop: str
    state: str
    items: list[Item]
    cents: int
    through: str
    drafted_by: str
    more: NotRequired[bool]
    approved_by: NotRequired[str]
    withdrawn_by: NotRequired[str]
    withdraw_reason: NotRequired[str]
    exported_by: NotRequired[str]
    file_sha256: NotRequired[str]
    booked_by: NotRequired[str]
    book_reason: NotRequired[str]


class Exported(TypedDict):
    """The answer to exporting: what the payment file holds, in cents."""

    scheme: str
    settlements: list[str]
    cents: int
    file_sha256: str


class HistoryEntry(TypedDict):
    """One version of a key; `value` is None when it was deleted."""

    transaction_id: str
    at: int
    deleted: bool
    value: dict[str, object] | None
