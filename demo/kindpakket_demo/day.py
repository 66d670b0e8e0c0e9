"""The day, from the municipality's file to the auditor's verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from kindpakket.auditor.audit import Audit
from kindpakket.auditor.copies import genesis_hash
from kindpakket.auditor.state import State
from kindpakket.auditor.verification import Anchor, LedgerCheck
from kindpakket.backoffice.letters import Summary as Letters
from kindpakket.report.report import Report
from kindpakket_demo import attempts as refused
from kindpakket_demo import (
    children,
    courses,
    figures,
    holds,
    letters,
    payout,
    schemes,
    shops,
    spending,
    vouchers,
    wallets,
)
from kindpakket_demo.attempts import Attempts
from kindpakket_demo.courses import Courses
from kindpakket_demo.desk import DemoFailed, Desk, now
from kindpakket_demo.payout import Booked, Payout
from kindpakket_demo.shops import Street
from kindpakket_demo.spending import Purse
from kindpakket_demo.town import Store, Town

SHORT_SCHEME_SECONDS = 20  # at least: a slow machine needs longer to hand out what it gives
SHORT_SCHEME_VOUCHERS = 3
APPLICANT = Store("IJssalon De Applicant", ("books",), "NL20INGB0001234567", "12345678")

Step = Callable[[str, int | None], AbstractContextManager[Callable[[], None]]]


@dataclass(frozen=True, slots=True)
class Day:
    """What the run produced.

    Attributes:
        scheme: id of the provision.
        voucher: a voucher that paid, for trying queries.
        report: the auditor's report.
        report_path: the report as a page.
        letters: the letters to some of the households on paper.
        payout: what goes to the bank.
        booked: what the bank did.
        valid_payments: number of payments taken.
        refunds: number of refunds.
        captured: number of holds captured in part; one more was released.
        courses: the vouchers for a course, and what lapsed of them.
        history: number of versions of `voucher` on the auditor's peer.
    """

    scheme: str
    voucher: str
    report: Report
    report_path: Path
    letters: Letters
    payout: Payout
    booked: Booked
    valid_payments: int
    refunds: int
    captured: int
    courses: Courses
    history: int


def run(desk: Desk, town: Town, payments: int, step: Step) -> Day:
    """Run the whole day.

    Args:
        desk: the connections of everyone who acts.
        town: children and shops.
        payments: how many payments are planned.
        step: opens a step of the progress display, given its title and the number of advances, if known.

    Raises:
        DemoFailed: the demo did not go as expected.
    """
    today, began = now(), time.monotonic()
    attempts = Attempts()
    with step("The municipality opens a scheme, with a second person's approval", None):
        provision = schemes.open_provision(desk, len(town.children), today)
        refused.against_power(attempts, desk, provision)
    with step(f"{len(town.shops)} shops apply; the municipality approves them", None):
        street = shops.accredit(desk, town.shops, APPLICANT, today.date())
    with step(f"Vouchers for {len(town.children)} children, from the file of entitled children", None):
        path = desk.results / "entitled-children.csv"
        children.write_file(path, town.children)
        enrolled = children.enrol(desk, path, provision)
        purses = _hand_out(desk, provision, enrolled, schemes.CENTS_PER_CHILD)
        so_far = round(time.monotonic() - began)
    with step("Letters are made for households on paper, with the slips of their booklets", None):
        posted = letters.write(desk, provision, enrolled, purses)
    with step("A small scheme that ends within seconds", None):
        seconds = max(SHORT_SCHEME_SECONDS, so_far)
        short = schemes.open_short(desk, SHORT_SCHEME_VOUCHERS, now(), seconds)
        few = children.enrol(desk, path, short, first=SHORT_SCHEME_VOUCHERS)
        short_purses = _hand_out(desk, short, few, schemes.SHORT_CENTS)
        spending.pay(
            short, spending.plan(short_purses, street.open, SHORT_SCHEME_VOUCHERS, desk.random), _nothing
        )
    planned = spending.plan(purses, street.open, payments, desk.random)
    with step(
        "Holders pay, by key and by booklet page", sum(len(errands) for _, errands in planned)
    ) as advance:
        spending.pay(provision, planned, advance)
    desk.in_step()
    with step("Goods are ordered: money is held, then captured in part; one hold is released", None):
        captured = holds.order_goods(attempts, provision, street, purses)
    with step("Swimming courses are bought below their highest price; the rest lapses", None):
        swum = courses.teach_to_swim(desk, attempts, provision, street, path)
    with step("What must be refused is refused; one answer is lost; some goods are returned", None):
        refunds = _incidents(desk, attempts, provision, street, purses)
        refused.against_an_ended_scheme(attempts, short, street, short_purses)
        desk.in_step()
        _compare(desk, provision.id, [*purses, *swum.purses])
    with step(
        "Settlements are drafted, approved by a second person, and exported in one file for the bank", None
    ):
        paid = payout.pay_out(desk, [provision, short])
        desk.in_step()
    with step("The bank pays, and rejects one payment; its answers are booked, and three ways agree", None):
        booked = payout.book_answers(desk, paid, street)
        desk.in_step()
    with step("The auditor recomputes everything from its own peer's blocks", None):
        values = {*enrolled.personal_values, *town.personal_values}
        audit = _audited(desk, values)
        voucher = next(purse.wallet.voucher for purse in purses if purse.payments)
        history = list(desk.auditor.audit.history(f"voucher/{provision.id}/{voucher}"))
        report = figures.report_of(audit, [provision.id, short.id], street, attempts.refused)
        report_path = desk.results / "report.html"
        report_path.write_text(report.as_html(), encoding="utf-8")
    taken = sum(len(purse.payments) for purse in (*purses, *short_purses, *swum.purses))
    return Day(
        scheme=provision.id,
        voucher=voucher,
        report=report,
        report_path=report_path,
        letters=posted,
        payout=paid,
        booked=booked,
        valid_payments=taken,
        refunds=refunds,
        captured=captured,
        courses=swum,
        history=len(history),
    )


def _audited(desk: Desk, values: set[str]) -> Audit:
    """The audit, which begins with the genesis block that the network began with."""
    genesis = (desk.network.home / "channels" / desk.channel / "genesis.block").read_bytes()
    state = State()
    check = LedgerCheck(state, desk.channel, Anchor(genesis_hash(genesis)))
    return desk.auditor.verify(values, state=state, checks=[check])


def _hand_out(desk: Desk, scheme: schemes.OpenScheme, enrolled: children.Enrolled, cents: int) -> list[Purse]:
    issued = vouchers.issue(desk, scheme.id, enrolled.bulks)
    if issued != cents * len(enrolled.vouchers):
        expected = cents * len(enrolled.vouchers)
        raise DemoFailed(f"{issued} cents were issued to {len(enrolled.vouchers)} vouchers, not {expected}")
    holders = wallets.hand_out(enrolled.vouchers, desk.random)
    vouchers.activate(desk, scheme.id, holders)
    return [Purse(wallet, cents) for wallet in holders]


def _incidents(
    desk: Desk, attempts: Attempts, scheme: schemes.OpenScheme, street: Street, purses: list[Purse]
) -> int:
    by_key, spare = _two(purse for purse in purses if not purse.wallet.on_paper and purse.payments)
    by_page = next(purse for purse in purses if purse.wallet.on_paper and purse.payments)
    refused.against_payments(attempts, scheme, street, by_key, by_page)
    spending.pay_after_a_lost_answer(scheme, by_key, street.open[0])
    refused.against_a_blocked_voucher(attempts, desk, scheme, street, spare)
    others = [purse for purse in purses if purse not in (by_key, by_page, spare)]
    cancelled, refunds = spending.give_back(others, desk.random, refunds=12)
    if not cancelled or not refunds:
        raise DemoFailed(
            "there were too few payments to cancel and refund any: run the demo with a higher --payments"
        )
    return refunds


def _two(purses: Iterator[Purse]) -> tuple[Purse, Purse]:
    return next(purses), next(purses)


def _compare(desk: Desk, scheme: str, purses: list[Purse]) -> None:
    """Check that the ledger holds for every voucher what the demo counted for its holder."""
    available = {voucher["id"]: voucher["available_cents"] for voucher in desk.clerk.vouchers.list(scheme)}
    for purse in purses:
        cents = available[purse.wallet.voucher]
        if cents != purse.available:
            raise DemoFailed(f"voucher {purse.wallet.voucher} holds {cents} cents, not {purse.available}")


def _nothing() -> None:
    """Advance no progress display."""
