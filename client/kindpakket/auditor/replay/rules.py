"""What the replayed rules share: findings, second persons, lines, bulks, layouts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias

from kindpakket.auditor.books import Books, ShopBook, is_layout_1
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.holder.orders import MAX_DEADLINE
from kindpakket.ledger.days import day_after, first_instant
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.money import in_cents
from kindpakket.ledger.records import Line, Rules

MAX_CENTS = 10**8
"""The largest amount in cents, and the most that one voucher may be given; as in the chaincode."""
MAX_BUDGET = 10**12
"""The largest budget in cents; as in the chaincode."""
_BULK = 500
_MAX_LINES = 20
_MAX_DAYS = {
    "hold_days": 366,
    "extension_days": 366,
    "refund_grace_days": 36_500,
    "settlement_days": 36_500,
    "retention_days": 36_500,
}


def either(names: Sequence[str]) -> str:
    """Names as alternatives: `a`, `a or b`, `a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


_Parameters = ParamSpec("_Parameters")


def _check(
    method: Callable[Concatenate[Findings, _Parameters], None],
) -> Callable[Concatenate[Findings, _Parameters], None]:
    """A check that is named after its method: `expect_second_person` is `second-person`."""
    name = method.__name__.removeprefix("expect_").replace("_", "-")

    @wraps(method)
    def named(self: Findings, /, *arguments: _Parameters.args, **named: _Parameters.kwargs) -> None:
        outer, self._name = self._name, name
        try:
            method(self, *arguments, **named)
        finally:
            self._name = outer

    return named


class Findings:
    """Collects the rules that one request breaks.

    Attributes:
        found: the name of each check that failed, "" for one that has none of its own, and a sentence.
    """

    def __init__(self) -> None:
        """Begin without findings."""
        self.found: list[tuple[str, str]] = []
        self._name = ""

    @property
    def sentences(self) -> list[str]:
        """The sentences alone."""
        return [sentence for _, sentence in self.found]

    def add(self, sentence: str) -> None:
        """Add a finding."""
        self.found.append((self._name, sentence))

    def expect(self, holds: bool, sentence: str) -> None:
        """Add a finding unless the rule holds."""
        if not holds:
            self.add(sentence)

    @contextmanager
    def named(self, check: str) -> Iterator[None]:
        """Name what is checked meanwhile, a stable code; a check within another one has its own name."""
        outer, self._name = self._name, check
        try:
            yield
        finally:
            self._name = outer

    @_check
    def expect_state(self, thing: str, state: str, *allowed: str) -> None:
        """A step is allowed in certain states only."""
        self.expect(state in allowed, f"{thing} is {state}: it must be {either(allowed)}")

    @_check
    def expect_second_person(self, first: str, second: str) -> None:
        """Two steps must be taken by two persons."""
        self.expect(
            bool(second) and first != second, f"{first} took both steps: each needs a different person"
        )

    @_check
    def expect_term(self, thing: str, request: CommittedRequest, expires_at: int) -> None:
        """A proposal is approved before its term ends."""
        self.expect(request.at < expires_at, f"{thing} was approved although its term had ended")

    @_check
    def expect_decider(self, request: CommittedRequest, proposer: str) -> None:
        """A proposal is rejected by an approver, or withdrawn by its proposer."""
        may = request.role == "approver" or request.person == proposer
        self.expect(may, f"{request.person} is neither an approver nor the proposer, {proposer}")

    @_check
    def expect_own(self, request: CommittedRequest, shop: ShopBook) -> None:
        """A till acts for its own shop, an acquirer for those that mandated it; each in its organisation."""
        if request.role == "acquirer":
            acquirers = {f"{shop.msp}/{acquirer}" for acquirer in shop.acquirers}
            mandated = request.mspid == shop.msp and request.person in acquirers
            self.expect(mandated, f"shop {shop.id} in {shop.msp} had not mandated {request.person}")
            return
        own = (request.shop, request.mspid) == (shop.id, shop.msp)
        owner = f"shop {request.shop}" if request.shop else "no shop"
        self.expect(
            own, f"the till belongs to {owner} in {request.mspid}, not to shop {shop.id} in {shop.msp}"
        )

    @_check
    def expect_deadline(self, at: int, deadline: int) -> None:
        """The holder's proof was still valid, and not valid for too long."""
        self.expect(
            at <= deadline <= at + MAX_DEADLINE,
            f"the deadline is {deadline}: it must be {at} to {at + MAX_DEADLINE}",
        )

    @_check
    def expect_lines(self, lines: Sequence[Line]) -> None:
        """Lines are few, in different categories, and with valid amounts."""
        codes = [line["category"] for line in lines]
        self.expect(
            0 < len(lines) <= _MAX_LINES, f"the number of lines is {len(lines)}: it must be 1 to {_MAX_LINES}"
        )
        self.expect(len(set(codes)) == len(codes), "a category appears in two lines")
        for line in lines:
            self.expect_amount(line["cents"])

    @_check
    def expect_amount(self, cents: int, most: int = MAX_CENTS) -> None:
        """An amount is above zero and not too large."""
        self.expect(0 < cents <= most, f"{in_cents(cents)} is not an amount from 1 to {most}")

    @_check
    def expect_bulk(self, ids: Collection[str]) -> None:
        """A bulk names each item once, and not too many."""
        self.expect(0 < len(ids) <= _BULK, f"the request names {len(ids)} items: it must name 1 to {_BULK}")
        self.expect(len(set(ids)) == len(ids), "the request names an item twice")

    @_check
    def expect_rules(self, rules: Rules, layout: int) -> None:
        """Rules are complete, within their limits, and do not contradict each other."""
        presets, products = rules.get("presets", {}), rules.get("products", {})
        codes = [category["code"] for category in rules["categories"]]
        self.expect(
            rules["starts_on"] <= rules["ends_on"],
            f"the rules end on {rules['ends_on']}, before they start on {rules['starts_on']}",
        )
        self.expect(bool(presets or products), "the rules have neither a preset nor a product")
        self.expect(not presets.keys() & products.keys(), "a code is both a preset and a product")
        for code, product in products.items():
            known = product["category"] in codes
            self.expect(
                known, f"product {code} is in category {product['category']}, which the rules do not have"
            )
        self.expect(
            bool(codes) and len(set(codes)) == len(codes), "the rules have no category, or one of them twice"
        )
        self._expect_amounts(rules)
        self._expect_end(rules)
        if is_layout_1(rules):
            self.expect(layout < 2, "the rules have no hold_days")
            return
        self.expect(
            "refund_days" in rules or "refund_limit_cents" not in rules,
            "the rules have refund_limit_cents without refund_days",
        )
        for name, most in {**_MAX_DAYS, **dict.fromkeys({"refund_days"} & rules.keys(), 36_500)}.items():
            days = rules[name]  # type: ignore[literal-required]
            self.expect(0 <= days <= most, f"{name} is {days}: it must be 0 to {most}")

    def _expect_amounts(self, rules: Rules) -> None:
        """All amounts are valid, and some payment is possible."""
        least = rules["payment_min_cents"]
        caps = {rules["payment_cap_cents"], rules["day_cap_cents"]}
        amounts = [least, *caps, rules["paper_cap_cents"], *rules.get("presets", {}).values()]
        amounts += [product["max_cents"] for product in rules.get("products", {}).values()]
        amounts += [category["cap_cents"] for category in rules["categories"] if "cap_cents" in category]
        amounts += [rules[name] for name in ("paper_day_cap_cents", "refund_limit_cents") if name in rules]
        for cents in amounts:
            self.expect_amount(cents)
        self.expect_amount(rules.get("settlement_cents", 1), MAX_BUDGET)
        self.expect(least <= min(caps), f"payment_min_cents is {least}, above the cap of {min(caps)}")
        proofs = rules["proofs"]
        valid = set(proofs) <= {"key", "booklet"} and 0 < len(proofs) == len(set(proofs))
        self.expect(valid, f"proofs is {proofs}: it must name key, booklet, or each once")
        paper_cap = min(rules["paper_cap_cents"], rules.get("paper_day_cap_cents", MAX_CENTS))
        payable = "booklet" not in proofs or least <= paper_cap
        self.expect(payable, f"payment_min_cents is {least}, above the paper cap of {paper_cap}")

    def _expect_end(self, rules: Rules) -> None:
        """Vouchers end within the last day, and the retention term has a valid start."""
        given, last = rules.get("ends_at"), rules["ends_on"]
        within = given is None or first_instant(last) < given <= first_instant(day_after(last, 1))
        self.expect(within, f"ends_at is {given}, which is not within {last}, the last day")
        start = rules.get("retention_from", "end")
        self.expect(start in ("end", "closing"), f'retention_from is "{start}": it must be end or closing')


Handler: TypeAlias = Callable[[Books, Findings, CommittedRequest, Domain], None]
"""Applies an operation to the books, and adds what it finds."""
Handlers: TypeAlias = Mapping[str, Handler]

_LAYOUT_1_OPERATIONS = frozenset(
    {
        "organisations:Initialise",
        "scheme:Draft",
        "scheme:Approve",
        "scheme:Open",
        "scheme:Pause",
        "scheme:CloseDay",
        "shop:Apply",
        "shop:Approve",
        "shop:Suspend",
        "shop:Reinstate",
        "voucher:RecordCases",
        "voucher:Issue",
        "voucher:Activate",
        "voucher:Block",
        "voucher:Unblock",
        "payment:Pay",
        "payment:Cancel",
        "payment:Refund",
        "settlement:Draft",
        "settlement:Approve",
        "settlement:Withdraw",
        "settlement:Export",
        "settlement:Book",
    }
)


_LAYOUT_3_OPERATIONS = frozenset(
    {
        "allocation:Propose",
        "allocation:Approve",
        "allocation:Reject",
        "allocation:Withdraw",
        "shop:Mandate",
        "shop:WithdrawMandate",
        "shop:LimitRefunds",
        "organisations:ProposeEnd",
        "shop:ProposeEnd",
        "shop:FreezePayout",
        "shop:ReleasePayout",
        "voucher:ProposeRevocation",
        "voucher:ProposeFreeing",
        "decision:Approve",
        "decision:Reject",
        "decision:Index",
        "voucher:RecordBindings",
        "payment:ReleaseByHolder",
        "payment:ConfirmRefund",
        "payment:EndorseRefund",
        "payment:ApproveRefund",
        "payment:RejectRefund",
        "payment:Index",
        "settlement:Reopen",
        "settlement:Net",
        "settlement:Index",
    }
)
_LAYOUT_3_MEMBERS = frozenset({"allocation", "bank_reference", "remove_cents", "value_date"})
_LAYOUT_3_RULES = frozenset({"paper_day_cap_cents", "refund_days", "refund_limit_cents"})


def least_layout(operation: str, request: Mapping[str, Any]) -> int:
    """The first layout whose chaincode accepts a request; each refused the members that it did not know."""
    if (
        operation in _LAYOUT_3_OPERATIONS
        or not _LAYOUT_3_MEMBERS.isdisjoint(request)
        or not _LAYOUT_3_RULES.isdisjoint(request.get("rules", ()))
    ):
        return 3
    return 2 if _shows_layout_2(operation, request) else 1


def _shows_layout_2(operation: str, request: Mapping[str, Any]) -> bool:
    match operation:
        case "scheme:Draft":
            return "hold_days" in request.get("rules", {})
        case "voucher:Unblock":
            return "reason" in request
        case "voucher:Activate":
            return any("self_block" in activation for activation in request.get("activations", ()))
        case _:
            return operation not in _LAYOUT_1_OPERATIONS
