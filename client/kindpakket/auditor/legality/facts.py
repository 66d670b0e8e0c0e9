"""What a report is made of: what was so when a payment was made, who decided what, and when.

Amounts are euro cents, instants Unix seconds, days `YYYY-MM-DD` in Europe/Amsterdam. Persons are named as the
ledger's records name them: outside the municipality, with their organisation before them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kindpakket.ledger.records import Authorisation, Line


@dataclass(frozen=True, slots=True)
class Step:
    """A committed request, as far as a report names it; `item` is its number, if it was in a batch."""

    block: int
    transaction: str
    at: int
    person: str
    item: int | None = None

    @property
    def place(self) -> tuple[str, int | None]:
        """Its transaction, and which request of it."""
        return self.transaction, self.item


@dataclass(frozen=True, slots=True)
class Issue:
    """How a voucher came to be: the allocation that it was issued under, "" if there was none.

    `proposed_by` and `approved_by` are those of the allocation; `broken` are the rules that the issue broke.
    """

    step: Step
    allocation: str
    proposed_by: str
    approved_by: str
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProofSeen:
    """The proof of a payment or hold, and what it was verified with.

    Attributes:
        kind: `key` or `booklet`.
        page: the page of the booklet; None for a key.
        version: version of the voucher's authorisation.
        authorisation: what the voucher was bound to then; None: nothing.
        signed_sha256: SHA-256 of what the holder signed.
        error: why it is invalid; "" if it is valid.
    """

    kind: str
    page: int | None
    version: int
    authorisation: Authorisation | None
    signed_sha256: str
    error: str


@dataclass(slots=True)
class PaymentFact:
    """A payment, with what was so when it was made, and what became of it.

    Attributes:
        id, scheme, shop, voucher, lines, day: as the ledger has them.
        operation: what made it a payment: `payment:Pay`, `payment:Capture` or `payment:CapturePart`.
        step: the transaction that did.
        till: the shop's till; "" if it named none.
        hold: the hold that it was captured from; "" if there was none.
        proof: the holder's proof, of the hold if there was one.
        rules_version: the version of the scheme's rules that applied.
        scheme_state, starts_on, ends_at: of the scheme's state and rules, and the voucher's end, then.
        shop_state, shop_approved_by, granted: the shop's state, who approved it, and since which day it may
            sell the categories of the lines, then.
        voucher_state: the voucher's state then.
        available: what the voucher could spend before it.
        issue: how the voucher came to be; None if that is not in the blocks.
        activated_by: who activated the voucher; "" if nobody did.
        case_hash: hash of the voucher's case record, as the blocks had it then; None if they had none.
        broken: the rules that its transaction broke, and that of its hold, in the replay's sentences.
        layout: layout of the ledger then.
        cancelled: whether it was cancelled.
        refunds: maps the booking day of each refund to its cents.
    """

    id: str
    scheme: str
    shop: str
    voucher: str
    lines: tuple[Line, ...]
    day: str
    operation: str
    step: Step
    till: str
    hold: str
    proof: ProofSeen | None
    rules_version: int
    scheme_state: str
    starts_on: str
    ends_at: int
    shop_state: str
    shop_approved_by: str
    granted: Mapping[str, str | None]
    voucher_state: str
    available: int
    issue: Issue | None
    activated_by: str
    case_hash: str | None
    broken: tuple[str, ...]
    layout: int
    cancelled: bool = False
    refunds: dict[str, int] = field(default_factory=dict)

    @property
    def cents(self) -> int:
        """What was paid."""
        return sum(line["cents"] for line in self.lines)

    @property
    def net(self) -> int:
        """What is left of it after its cancellation or refunds."""
        return 0 if self.cancelled else self.cents - sum(self.refunds.values())


@dataclass(frozen=True, slots=True)
class Approval:
    """A decision of two persons: what, who took the first step, who the second, and what it moved."""

    kind: str
    subject: str
    scheme: str
    first: str
    second: str
    step: Step
    cents: int


@dataclass(slots=True)
class SettlementFact:
    """A settlement: the payments in it, and each step on it.

    Attributes:
        id, scheme, shop: as the ledger has them.
        items: the ids of its items, each a payment, a refund, or another amount.
        cents: their sum.
        drafted, approved, exported, booked: the steps; None as long as there is none.
        state: its state.
        file_sha256: hash of the payment file; "" before the export.
        account_hash: hash of the record of the account that it is paid to, as the blocks had it at the
            export; None before it, or if they had none.
        value_date: the bank's value date; "" if it is not known.
        bank_reference: the bank's reference; "" if it is not known.
        broken: the rules that the steps on it broke.
        layout: layout of the ledger at its export.
    """

    id: str
    scheme: str
    shop: str
    items: tuple[str, ...]
    cents: int
    drafted: Step
    approved: Step | None = None
    exported: Step | None = None
    booked: Step | None = None
    state: str = "drafted"
    file_sha256: str = ""
    account_hash: str | None = None
    value_date: str = ""
    bank_reference: str = ""
    broken: list[str] = field(default_factory=list)
    layout: int = 0


@dataclass(slots=True)
class CallerFact:
    """A person with a role in an organisation: on how many transactions of which kinds, and between when."""

    person: str
    mspid: str
    role: str
    shop: str
    first: Step
    last: Step
    operations: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Undone:
    """A transaction that was ordered and had no effect: overtaken by another one, or refused by the peers.

    `code` is its validation code; MVCC_READ_CONFLICT and PHANTOM_READ_CONFLICT mean that it was overtaken.
    """

    step: Step
    mspid: str
    operation: str
    code: str


@dataclass(frozen=True, slots=True)
class ProposalFact:
    """Something that a second person had to decide on, and what became of it.

    `state` is `approved`, `rejected`, `withdrawn`, `expired`, `overtaken` or `waiting`.
    """

    kind: str
    id: str
    scheme: str
    proposed_by: str
    proposed_at: int
    state: str
    decided_by: str = ""


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """The step with which a scheme's days were closed up to one day, or the scheme as a whole (day "")."""

    scheme: str
    day: str
    step: Step


@dataclass(slots=True)
class Facts:
    """Everything that was seen in the blocks, up to a height.

    Attributes:
        channel, chaincode: what was read.
        height: number of blocks that were read.
        hashes: header hashes of the blocks, hexadecimal.
        times: maps a block's number to the earliest instant of its valid transactions.
        flaws: breaks in the chain of blocks.
        private_seen: whether the source showed private hashes at all.
        payments, settlements, callers, proposals: by id, or in the ledger's order.
        schemes: maps a scheme to what a report says of it: name, state, rules by version.
        shops: maps a shop to its state and who approved it.
        broken: the rules that any transaction broke: the step and the sentence.
        private: maps the hash of a private key to the hashes that it had, hexadecimal, the last one last.
        organisations: what happened to organisations: the step, the operation and the MSP id.
    """

    channel: str
    chaincode: str
    height: int = 0
    hashes: list[str] = field(default_factory=list)
    times: dict[int, int] = field(default_factory=dict)
    flaws: tuple[str, ...] = ()
    private_seen: bool = False
    payments: dict[str, PaymentFact] = field(default_factory=dict)
    settlements: dict[str, SettlementFact] = field(default_factory=dict)
    approvals: list[Approval] = field(default_factory=list)
    callers: dict[tuple[str, str], CallerFact] = field(default_factory=dict)
    undone: list[Undone] = field(default_factory=list)
    proposals: list[ProposalFact] = field(default_factory=list)
    closed_days: list[ClosedDay] = field(default_factory=list)
    schemes: dict[str, dict[str, Any]] = field(default_factory=dict)
    shops: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: list[tuple[Step, str, str]] = field(default_factory=list)
    private: dict[str, list[str]] = field(default_factory=dict)
    organisations: list[tuple[Step, str, str]] = field(default_factory=list)
    refunds: dict[str, tuple[str, str, str, int]] = field(default_factory=dict)

    @property
    def head(self) -> str:
        """Header hash of the last block, hexadecimal; "" without blocks."""
        return self.hashes[-1] if self.hashes else ""


def places_of(steps: Iterable[Step]) -> set[tuple[str, int | None]]:
    """Where findings about these requests may be: at the request itself, or at its whole transaction."""
    return {place for step in steps for place in (step.place, (step.transaction, None))}
