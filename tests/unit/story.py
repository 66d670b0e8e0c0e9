"""A small story of requests, as blocks hold them: one scheme, one shop, one voucher, made by hand."""

from __future__ import annotations

from itertools import count
from typing import Any

from kindpakket.booklet import Booklet
from kindpakket.holder import HolderKey
from kindpakket.records import Line, Rules
from kindpakket.requested import Requested
from kindpakket.signing import Domain, PaymentOrder

DOMAIN = Domain("zuidhorn", "kindpakket")
NOON = 1_773_140_400  # 2026-03-10 12:00 in Amsterdam
DAY = "2026-03-10"
SCHEME, SHOP, VOUCHER, ENTITLEMENT = (letter * 32 for letter in "abcd")
_numbers = count(1)


def rules(**changes: Any) -> Rules:
    """Rules of a scheme, some of them changed."""
    base: dict[str, Any] = {
        "name": "kindpakket-2026",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "presets": {"child": 30000},
        "products": {"course": {"category": "toys", "max_cents": 12500}},
        "categories": [{"code": "books", "cap_cents": 20000}, {"code": "toys"}],
        "payment_min_cents": 100,
        "payment_cap_cents": 25000,
        "day_cap_cents": 30000,
        "proofs": ["key", "booklet"],
        "paper_cap_cents": 5000,
        "hold_days": 7,
        "extension_days": 60,
        "refund_grace_days": 14,
        "settlement_days": 1,
        "retention_days": 2555,
    }
    return {**base, **changes}  # type: ignore[typeddict-item,return-value]


class Story:
    """Requests in the order of the ledger; each method adds one and returns its request id."""

    def __init__(self, holder: HolderKey | Booklet | None = None) -> None:
        self.requests: list[Requested] = []
        self.holder = holder or HolderKey.generate()

    def add(self, operation: str, person: str = "p-clerk", at: int = NOON, **members: Any) -> str:
        number = next(_numbers)
        request_id = members.pop("request_id", f"{number:032x}")
        self.requests.append(
            Requested(
                block_number=number,
                transaction_id=f"{number:064x}",
                at=at,
                operation=operation,
                request={"request_id": request_id, **members},
                mspid="WinkelsMSP" if person.startswith("p-shop") else "GemeenteMSP",
                person=person,
                shop=SHOP if person.startswith("p-shop") else "",
            )
        )
        return request_id

    def open(self, **changes: Any) -> None:
        """A scheme that is open, a shop that is approved, a voucher that is active."""
        self.add("scheme:Draft", request_id=SCHEME, rules=rules(**changes), budget_cents=100000)
        self.add("scheme:Approve", "p-manager", scheme=SCHEME)
        self.add("scheme:Open", scheme=SCHEME)
        self.add("shop:Apply", "p-shop", request_id=SHOP, categories=["books", "toys"])
        grants = [{"code": code, "from": "2026-01-01"} for code in ("books", "toys")]
        self.add("shop:Approve", "p-manager", shop=SHOP, categories=grants)
        allocation = {"id": VOUCHER, "entitlement": ENTITLEMENT, "preset": "child", "units": 1}
        self.add("voucher:Issue", scheme=SCHEME, vouchers=[allocation])
        activation = self.holder.activate(DOMAIN, SCHEME, VOUCHER)
        self.add("voucher:Activate", scheme=SCHEME, activations=[activation])

    def order(self, *lines: tuple[str, int], at: int = NOON) -> PaymentOrder:
        """A payment that the holder could agree to."""
        return PaymentOrder(
            domain=DOMAIN,
            scheme=SCHEME,
            voucher=VOUCHER,
            version=1,
            request_id=f"{next(_numbers):032x}",
            shop=SHOP,
            lines=tuple(Line(category=category, cents=cents) for category, cents in lines),
            deadline=at + 60,
        )

    def pay(self, *lines: tuple[str, int], at: int = NOON, page: int = 1) -> str:
        """A payment that the holder agreed to."""
        order = self.order(*lines, at=at)
        signer = self.holder.page(page) if isinstance(self.holder, Booklet) else self.holder
        return self.send(order, signer.authorise(order), at=at)

    def send(self, order: PaymentOrder, proof: Any, at: int = NOON) -> str:
        """A payment with any proof."""
        return self.add(
            "payment:Pay",
            "p-shop",
            at,
            request_id=order.request_id,
            scheme=order.scheme,
            voucher=order.voucher,
            shop=order.shop,
            lines=list(order.lines),
            deadline=order.deadline,
            proof=proof,
        )
