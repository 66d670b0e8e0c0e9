"""The rules for new payments and holds, as the auditor checks them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from kindpakket.auditor.books import SchemeBook, ShopBook, VoucherBook
from kindpakket.auditor.replay.rules import Findings
from kindpakket.holder.orders import HoldOrder, Order
from kindpakket.holder.verification import payment_proof_error
from kindpakket.ledger.days import day_of
from kindpakket.ledger.money import in_cents
from kindpakket.ledger.records import Proof, Rules

_MAX_HOLDS = 20
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Purchase:
    """A payment or hold, checked before its money moves.

    Attributes:
        scheme: the scheme.
        shop: the shop.
        voucher: the voucher, with expired holds already released.
        order: the order that the holder must have authorised.
        proof: the holder's proof.
        at: the transaction's timestamp, in Unix seconds.
        booked: its booking day.
        verified: names of holders' signatures that were found to hold ahead.
    """

    scheme: SchemeBook
    shop: ShopBook
    voucher: VoucherBook
    order: Order
    proof: Proof
    at: int
    booked: str
    verified: Collection[bytes] = field(default=(), repr=False)

    @property
    def rules(self) -> Rules:
        """The rules that apply to the voucher."""
        return self.scheme.rules_for(self.voucher)

    @property
    def counts_as_paper(self) -> bool:
        """Whether it counts towards a daily cap for booklets."""
        return self.proof["kind"] == "booklet" and "paper_day_cap_cents" in self.rules

    def check(self, findings: Findings) -> None:
        """Add a finding for every rule that it breaks."""
        with findings.named("proof"):
            self._check_proof(findings)
        with findings.named("state"):
            self._check_states(findings)
        with findings.named("amount"):
            self._check_amounts(findings)
        with findings.named("category"):
            for line in self.order.lines:
                self._check_category(findings, line["category"], line["cents"])
        if self.voucher.product:
            with findings.named("product"):
                self._check_product(findings)
        if isinstance(self.order, HoldOrder):
            with findings.named("hold"):
                self._check_hold(findings, self.order)

    def _check_proof(self, findings: Findings) -> None:
        voucher, at, deadline = self.voucher, self.at, self.order.deadline
        if voucher.authorisation is None:
            findings.add(f"voucher {voucher.id} was spent before it was activated")
        else:
            error = payment_proof_error(
                voucher.authorisation, voucher.last_page, self.order, self.proof, self.verified
            )
            findings.expect(not error, f"voucher {voucher.id} was spent without a valid proof: {error}")
        findings.expect_deadline(at, deadline)
        kind = self.proof["kind"]
        findings.expect(kind in self.rules["proofs"], f"the scheme does not accept proofs by {kind}")

    def _check_states(self, findings: Findings) -> None:
        scheme, shop, voucher = self.scheme, self.shop, self.voucher
        findings.expect_state(f"scheme {scheme.id}", scheme.state, "open")
        findings.expect_state(f"shop {shop.id}", shop.state, "approved")
        findings.expect_state(f"voucher {voucher.id}", voucher.state, "active")
        starts_on = self.rules["starts_on"]
        findings.expect(
            day_of(self.at) >= starts_on,
            f"voucher {voucher.id} was spent on {day_of(self.at)}: the scheme starts on {starts_on}",
        )
        over = self.at >= voucher.ends_at and not voucher.spendable(self.rules, self.at)
        findings.expect(not over, f"voucher {voucher.id} had expired")

    def _check_amounts(self, findings: Findings) -> None:
        rules, voucher, total = self.rules, self.voucher, self.order.cents
        findings.expect_lines(self.order.lines)
        amount = f"the total of {in_cents(total)}"
        if self.proof["kind"] == "booklet":
            cap = rules["paper_cap_cents"]
            findings.expect(total <= cap, f"{amount} is above the paper cap of {in_cents(cap)}")
            paper_day_cap = rules.get("paper_day_cap_cents")
            paper = voucher.paper_on(self.booked) + total
            findings.expect(
                paper_day_cap is None or paper <= paper_day_cap,
                f"the total by booklet on {self.booked} is {in_cents(paper)}, above its daily cap",
            )
        spendable = voucher.spendable(rules, self.at)
        findings.expect(
            total <= spendable,
            f"{amount} exceeds the {in_cents(spendable)} that voucher {voucher.id} can spend",
        )
        if voucher.product:
            return
        least, cap, day_cap = rules["payment_min_cents"], rules["payment_cap_cents"], rules["day_cap_cents"]
        findings.expect(total >= least, f"{amount} is below the minimum of {in_cents(least)}")
        findings.expect(total <= cap, f"{amount} is above the payment cap of {in_cents(cap)}")
        on_day = voucher.counted_on(self.booked) + total
        findings.expect(
            on_day <= day_cap,
            f"the total on {self.booked} is {in_cents(on_day)}: the daily cap is {in_cents(day_cap)}",
        )

    def _check_category(self, findings: Findings, code: str, cents: int) -> None:
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
                used <= cap,
                f"voucher {voucher.id} spent {in_cents(used)} on {code}: the cap is {in_cents(cap)}",
            )

    def _check_product(self, findings: Findings) -> None:
        voucher = self.voucher
        product = self.rules.get("products", {}).get(voucher.product)
        wanted = [product["category"]] if product else []
        bought = [line["category"] for line in self.order.lines]
        findings.expect(bought == wanted, f"voucher {voucher.id} is for one {voucher.product}")
        findings.expect(
            not voucher.redeemed, f"voucher {voucher.id} has already bought its {voucher.product}"
        )
        findings.expect(not voucher.holds, f"{voucher.product} is already on hold for voucher {voucher.id}")

    def _check_hold(self, findings: Findings, order: HoldOrder) -> None:
        voucher, days = self.voucher, self.rules["hold_days"]
        latest = min(self.at + days * _SECONDS_PER_DAY, voucher.ends_at)
        findings.expect(
            self.at < order.expires_at <= latest,
            f"a hold may last until {latest} at most ({days} days); {order.expires_at} was asked for",
        )
        findings.expect(
            len(voucher.holds) < _MAX_HOLDS,
            f"voucher {voucher.id} has {len(voucher.holds)} holds, the maximum, and got another",
        )
