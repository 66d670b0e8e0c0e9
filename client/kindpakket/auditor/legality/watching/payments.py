"""Watches payments: the voucher, the shop and the scheme as they were when each was made."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from kindpakket.auditor.books import Books, PaymentBook
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.legality.facts import Facts, Issue, PaymentFact, ProofSeen, Step
from kindpakket.holder.orders import HoldOrder, Order, PaymentOrder
from kindpakket.holder.verification import payment_proof_error
from kindpakket.ledger.cases import case_key, hash_of_key
from kindpakket.ledger.domain import Domain

_ORDERS: dict[str, type[Order]] = {"payment:Pay": PaymentOrder, "payment:Hold": HoldOrder}
_CAPTURES = ("payment:Capture", "payment:CapturePart")


class PaymentWatch:
    """Notes payments as they are made.

    `before` is called before the request is applied to the books, `after` once it has been.
    """

    def __init__(self, facts: Facts, domain: Domain) -> None:
        self._facts = facts
        self._domain = domain
        self._issues: dict[str, Issue] = {}
        self._activated: dict[str, str] = {}
        self._holds: dict[str, tuple[ProofSeen | None, tuple[str, ...]]] = {}
        self._proof: ProofSeen | None = None
        self._then: dict[str, Any] = {}

    def before(self, books: Books, request: CommittedRequest) -> None:
        """Keep what is so before a payment, hold or capture."""
        self._proof, self._then = None, {}
        content = request.request
        try:
            if request.operation in _ORDERS:
                self._then = self._state(books, content["scheme"], content["voucher"], content["shop"])
                self._proof = self._verified(books, request)
            elif request.operation in _CAPTURES:
                hold = books.payments[content["payment"]]
                self._then = self._state(books, hold.scheme, hold.voucher, hold.shop)
        except (LookupError, TypeError, AttributeError):
            self._then = {}

    def after(self, books: Books, request: CommittedRequest, step: Step, broken: Sequence[str]) -> None:
        """Note what a request was to payments."""
        content, facts = request.request, self._facts
        match request.operation:
            case "voucher:Issue":
                self._issue(books, content, step, tuple(broken))
            case "voucher:Activate":
                self._activated.update({each["voucher"]: step.person for each in content["activations"]})
            case "payment:Hold":
                self._holds[content["request_id"]] = self._proof, tuple(broken)
            case "payment:Pay" | "payment:CapturePart":
                if (paid := books.payments.get(content["request_id"])) is not None:
                    self._note(books, paid, request, step, broken)
            case "payment:Capture":
                self._note(books, books.payments[content["payment"]], request, step, broken)
            case "payment:Cancel":
                if content["payment"] in facts.payments:
                    facts.payments[content["payment"]].cancelled = True
            case "payment:Refund" | "payment:ConfirmRefund" | "payment:ApproveRefund":
                self._refund(books, content.get("refund", content["request_id"]))

    def _issue(self, books: Books, content: dict[str, Any], step: Step, broken: tuple[str, ...]) -> None:
        allocation = books.schemes[content["scheme"]].allocations.get(content.get("allocation", ""))
        names = (
            ("", "", "")
            if allocation is None
            else (allocation.id, allocation.proposed_by, allocation.decided_by)
        )
        for line in content["vouchers"]:
            self._issues[line["id"]] = Issue(step, *names, broken)

    def _refund(self, books: Books, refund_id: str) -> None:
        refund = books.refunds.get(refund_id)
        if refund is None or not refund.day or refund.payment not in self._facts.payments:
            return
        cents = sum(line["cents"] for line in refund.lines)
        if refund_id not in self._facts.refunds:
            refunds = self._facts.payments[refund.payment].refunds
            refunds[refund.day] = refunds.get(refund.day, 0) + cents
            self._facts.refunds[refund_id] = (refund.scheme, refund.shop, refund.day, cents)

    def _state(self, books: Books, scheme_id: str, voucher_id: str, shop_id: str) -> dict[str, Any]:
        scheme, shop = books.schemes[scheme_id], books.shops[shop_id]
        voucher = scheme.vouchers[voucher_id]
        return {
            "rules_version": max(voucher.rules_version, scheme.floor),
            "scheme_state": scheme.state,
            "starts_on": scheme.rules_for(voucher)["starts_on"],
            "ends_at": voucher.ends_at,
            "shop_state": shop.state,
            "shop_approved_by": shop.approved_by,
            "granted": dict(shop.categories),
            "voucher_state": voucher.state,
            "available": voucher.terms.available,
            "layout": books.layout,
        }

    def _verified(self, books: Books, request: CommittedRequest) -> ProofSeen:
        content = request.request
        voucher = books.schemes[content["scheme"]].vouchers[content["voucher"]]
        terms = {"expires_at": content["expires_at"]} if request.operation == "payment:Hold" else {}
        order = _ORDERS[request.operation](
            domain=self._domain,
            scheme=content["scheme"],
            voucher=voucher.id,
            version=voucher.version,
            request_id=content["request_id"],
            shop=content["shop"],
            lines=tuple(content["lines"]),
            deadline=content["deadline"],
            **terms,
        )
        proof, bound = content["proof"], voucher.authorisation
        return ProofSeen(
            kind=str(proof["kind"]),
            page=proof.get("page"),
            version=voucher.version,
            authorisation=bound,
            signed_sha256=hashlib.sha256(order.message()).hexdigest(),
            error="the voucher was bound to nothing"
            if bound is None
            else payment_proof_error(bound, voucher.last_page, order, proof),
        )

    def _note(
        self, books: Books, paid: PaymentBook, request: CommittedRequest, step: Step, broken: Sequence[str]
    ) -> None:
        if paid.state == "held" or not self._then:
            return
        hold = (paid.hold or paid.id) if request.operation in _CAPTURES else ""
        proof, earlier = self._holds.get(hold, (None, ())) if hold else (self._proof, ())
        granted = self._then.pop("granted")
        hashes = self._facts.private.get(hash_of_key(case_key(paid.scheme, paid.voucher)), [])
        self._facts.payments[paid.id] = PaymentFact(
            id=paid.id,
            scheme=paid.scheme,
            shop=paid.shop,
            voucher=paid.voucher,
            lines=paid.lines,
            day=paid.day,
            operation=request.operation,
            step=step,
            till=request.till,
            hold=hold,
            proof=proof,
            granted={line["category"]: granted.get(line["category"]) for line in paid.lines},
            issue=self._issues.get(paid.voucher),
            activated_by=self._activated.get(paid.voucher, ""),
            case_hash=hashes[-1] if hashes else None,
            broken=(*earlier, *broken),
            **self._then,
        )
