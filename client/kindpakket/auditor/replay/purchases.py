"""The rules that payments and holds must have kept when they were made, as the auditor judges them."""

from __future__ import annotations

from dataclasses import dataclass

from kindpakket.auditor.books import SchemeBook, ShopBook, VoucherBook
from kindpakket.auditor.replay.rules import Findings
from kindpakket.holder.orders import MAX_DEADLINE, HoldOrder, Order
from kindpakket.holder.verification import payment_proof_error
from kindpakket.ledger.days import day_of
from kindpakket.ledger.records import Proof, Rules

_MAX_HOLDS = 20
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Purchase:
    """A payment or hold that is being judged, before its money moves.

    Attributes:
        scheme: the scheme.
        shop: the shop.
        voucher: the voucher; holds that had expired are released already.
        order: what the holder is said to have agreed to.
        proof: with what.
        at: when, Unix seconds.
        booked: the day that it is booked on.
    """

    scheme: SchemeBook
    shop: ShopBook
    voucher: VoucherBook
    order: Order
    proof: Proof
    at: int
    booked: str

    @property
    def rules(self) -> Rules:
        """The rules that count for the voucher."""
        return self.scheme.rules_for(self.voucher)

    def judge(self, findings: Findings) -> None:
        """Find every rule that it breaks."""
        self._judge_proof(findings)
        self._judge_states(findings)
        self._judge_amounts(findings)
        for line in self.order.lines:
            self._judge_category(findings, line["category"], line["cents"])
        if self.voucher.product:
            self._judge_product(findings)
        if isinstance(self.order, HoldOrder):
            self._judge_hold(findings, self.order)

    def _judge_proof(self, findings: Findings) -> None:
        voucher, at, deadline = self.voucher, self.at, self.order.deadline
        if voucher.authorisation is None:
            findings.add(f"voucher {voucher.id} was spent before it was bound to its holder")
        else:
            flaw = payment_proof_error(voucher.authorisation, voucher.last_page, self.order, self.proof)
            findings.expect(not flaw, f"voucher {voucher.id} was spent without its holder: {flaw}")
        findings.expect(at <= deadline <= at + MAX_DEADLINE, f"the deadline {deadline} does not allow {at}")
        by = self.proof["kind"]
        findings.expect(by in self.rules["proofs"], f"the scheme takes no proof by {by}")

    def _judge_states(self, findings: Findings) -> None:
        scheme, shop, voucher = self.scheme, self.shop, self.voucher
        findings.expect_state(f"scheme {scheme.id}", scheme.state, "open")
        findings.expect_state(f"shop {shop.id}", shop.state, "approved")
        findings.expect_state(f"voucher {voucher.id}", voucher.state, "active")
        starts_on = self.rules["starts_on"]
        findings.expect(day_of(self.at) >= starts_on, f"the scheme starts on {starts_on}")
        over = self.at >= voucher.ends_at and not voucher.spendable(self.rules, self.at)
        findings.expect(not over, f"voucher {voucher.id} had expired")

    def _judge_amounts(self, findings: Findings) -> None:
        rules, voucher, total = self.rules, self.voucher, self.order.cents
        findings.expect_lines(self.order.lines)
        if self.proof["kind"] == "booklet":
            findings.expect(total <= rules["paper_cap_cents"], f"{total} cents are above the cap on paper")
        spendable = voucher.spendable(rules, self.at)
        findings.expect(
            total <= spendable,
            f"{total} cents are more than voucher {voucher.id} may spend: {spendable}",
        )
        if voucher.product:
            return
        findings.expect(total >= rules["payment_min_cents"], f"{total} cents are below the minimum")
        findings.expect(total <= rules["payment_cap_cents"], f"{total} cents are above the cap of a payment")
        on_day = voucher.counted_on(self.booked) + total
        findings.expect(on_day <= rules["day_cap_cents"], f"{on_day} cents on {self.booked} are too much")

    def _judge_category(self, findings: Findings, code: str, cents: int) -> None:
        voucher, shop, today = self.voucher, self.shop, day_of(self.at)
        caps = {category["code"]: category.get("cap_cents") for category in self.rules["categories"]}
        granted = shop.categories.get(code)
        findings.expect(code in caps, f"the scheme has no category {code}")
        findings.expect(
            granted is not None and granted <= today, f"shop {shop.id} may not sell {code} on {today}"
        )
        cap = caps.get(code)
        if cap is not None and not voucher.product:
            used = voucher.by_category[code] + voucher.held_by_category[code] + cents
            findings.expect(
                used <= cap, f"category {code} comes above its {cap} cents for voucher {voucher.id}"
            )

    def _judge_product(self, findings: Findings) -> None:
        voucher = self.voucher
        product = self.rules.get("products", {}).get(voucher.product)
        wanted = [product["category"]] if product else []
        bought = [line["category"] for line in self.order.lines]
        findings.expect(bought == wanted, f"voucher {voucher.id} is for one {voucher.product}")
        findings.expect(not voucher.redeemed, f"voucher {voucher.id} bought its {voucher.product} before")
        findings.expect(not voucher.holds, f"{voucher.product} is held for voucher {voucher.id}")

    def _judge_hold(self, findings: Findings, order: HoldOrder) -> None:
        voucher, days = self.voucher, self.rules["hold_days"]
        latest = min(self.at + days * _SECONDS_PER_DAY, voucher.ends_at)
        findings.expect(
            self.at < order.expires_at <= latest,
            f"a hold until {order.expires_at}, which may last until {latest} ({days} days)",
        )
        findings.expect(
            len(voucher.holds) < _MAX_HOLDS, f"voucher {voucher.id} has {len(voucher.holds)} holds"
        )
