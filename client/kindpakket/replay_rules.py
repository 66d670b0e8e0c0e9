"""The rules that committed requests must have kept, as the auditor judges them."""

from __future__ import annotations

from kindpakket.books import SchemeBook, ShopBook, VoucherBook
from kindpakket.days import day_of
from kindpakket.records import Line, Rules
from kindpakket.signing import MAX_DEADLINE


class Findings:
    """Collects what is wrong with one request."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def add(self, sentence: str) -> None:
        """Something is wrong."""
        self.sentences.append(sentence)

    def expect(self, kept: bool, sentence: str) -> None:
        """Something is wrong unless the rule was kept."""
        if not kept:
            self.sentences.append(sentence)

    def expect_state(self, thing: str, state: str, *allowed: str) -> None:
        """A step is possible from some states only."""
        self.expect(state in allowed, f"{thing} is {state}, and this needs {' or '.join(allowed)}")

    def expect_second_person(self, first: str, second: str) -> None:
        """Two steps need two persons."""
        self.expect(bool(second) and first != second, f"one person, {first}, did both steps")


def check_payment(
    findings: Findings,
    scheme: SchemeBook,
    shop: ShopBook,
    voucher: VoucherBook,
    *,
    lines: list[Line],
    at: int,
    deadline: int,
    by: str,
    booked: str,
) -> None:
    """Judge a payment by everything but the holder's proof, before its money moves."""
    rules = scheme.rules
    total = sum(line["cents"] for line in lines)
    today = day_of(at)
    findings.expect_state(f"scheme {scheme.id}", scheme.state, "open")
    findings.expect_state(f"shop {shop.id}", shop.state, "approved")
    findings.expect_state(f"voucher {voucher.id}", voucher.state, "active")
    findings.expect(today >= rules["starts_on"], f"the scheme starts on {rules['starts_on']}")
    findings.expect(at < voucher.ends_at, f"voucher {voucher.id} had expired")
    findings.expect(at <= deadline <= at + MAX_DEADLINE, f"the deadline {deadline} does not allow {at}")
    findings.expect(total >= rules["payment_min_cents"], f"{total} cents are below the minimum")
    findings.expect(total <= rules["payment_cap_cents"], f"{total} cents are above the cap of a payment")
    if by == "booklet":
        findings.expect(total <= rules["paper_cap_cents"], f"{total} cents are above the cap on paper")
    findings.expect(by in rules["proofs"], f"the scheme takes no proof by {by}")
    _check_lines(findings, rules, shop, voucher, lines, today)
    spent = voucher.day_cents if voucher.day >= booked else 0
    findings.expect(
        spent + total <= rules["day_cap_cents"], f"{spent + total} cents on {booked} are too much"
    )
    findings.expect(
        total <= voucher.terms.available, f"{total} cents are more than voucher {voucher.id} holds"
    )


def _check_lines(
    findings: Findings, rules: Rules, shop: ShopBook, voucher: VoucherBook, lines: list[Line], today: str
) -> None:
    caps = {category["code"]: category.get("cap_cents") for category in rules["categories"]}
    codes = [line["category"] for line in lines]
    findings.expect(len(set(codes)) == len(codes), "a category stands in two lines")
    for line in lines:
        code, cents = line["category"], line["cents"]
        granted = shop.categories.get(code)
        findings.expect(cents > 0, f"{cents} cents are no amount")
        findings.expect(code in caps, f"the scheme has no category {code}")
        findings.expect(
            granted is not None and granted <= today, f"shop {shop.id} may not sell {code} on {today}"
        )
        cap = caps.get(code)
        if cap is not None:
            findings.expect(
                voucher.by_category[code] + cents <= cap,
                f"category {code} comes above its {cap} cents for voucher {voucher.id}",
            )
