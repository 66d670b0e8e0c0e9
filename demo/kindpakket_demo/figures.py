"""The report of a run: the auditor's books, the refusals that the shops got, the audit's verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from kindpakket.auditor.audit import Audit
from kindpakket.auditor.books import Books, SchemeBook, ShopBalance
from kindpakket.report.plot import Movement
from kindpakket.report.report import CategoryFigures, Check, Report, SchemeFigures, ShopFigures
from kindpakket_demo.shops import Street


def report_of(audit: Audit, schemes: list[str], street: Street, refusals: Mapping[str, int]) -> Report:
    """Make the report of one run's schemes. The channel may also hold schemes of earlier runs."""
    books = audit.books
    chosen = [books.schemes[scheme] for scheme in schemes]
    balances = books.shop_balances()
    moves = [move for move in books.movements if move.scheme in schemes]
    return Report(
        title=f"Kindpakket: {chosen[0].rules['name']}",
        made_at=datetime.now(UTC),
        channel=audit.channel,
        height=audit.height,
        schemes=[_scheme(book) for book in chosen],
        categories=[figures for book in chosen for figures in _categories(book, books)],
        shops=[_shop(till.store.name, till.shop.shop_id, schemes, books, balances) for till in street.open],
        movements=[Movement(datetime.fromtimestamp(move.at, UTC), move.cents) for move in moves],
        refusals=refusals,
        checks=checks_of(audit),
    )


def checks_of(audit: Audit) -> list[Check]:
    """The audit's verdict, check by check."""
    chain = (
        f"{audit.height} blocks from the genesis block on, each signed by a quorum of consenters; the hash "
        f"of the last is {audit.head[:16]}…"
    )
    valid = audit.codes.get("VALID", 0)
    invalid = sum(audit.codes.values()) - valid
    derived = (
        f"{valid} valid; {invalid} invalid, which have no effect: derived from signatures, endorsements and "
        "read sets, and the peer says the same"
    )
    rules = (
        f"{audit.requests} requests replayed by the auditor's own rules, including holders' proofs; "
        f"{audit.repeated} sent twice and counted once"
    )
    terms = [scheme.terms() for scheme in audit.books.schemes.values()]
    state = (
        f"{len(audit.books.payments)} payments and "
        f"{sum(len(scheme.vouchers) for scheme in audit.books.schemes.values())} vouchers, "
        f"{sum(term.net for term in terms)} cents spent net"
    )
    return [
        Check(
            "every block is signed, and the chain is intact", not audit.flaws, _summary(audit.flaws) or chain
        ),
        Check("every transaction was judged rightly", valid > 0 and not audit.flaws, derived),
        Check("every valid request keeps the rules", not audit.findings, _summary(audit.findings) or rules),
        Check("the state agrees to the cent", not audit.differences, _summary(audit.differences) or state),
        Check(
            "no personal value in any block",
            not audit.traces and audit.values_scanned > 0,
            f"searched for {audit.values_scanned} values and found {len(audit.traces)}",
        ),
    ]


def _summary(findings: tuple[object, ...]) -> str:
    return f"{len(findings)}, the first: {findings[0]}" if findings else ""


def _scheme(book: SchemeBook) -> SchemeFigures:
    terms, budget = book.terms(), book.budget_members()
    return SchemeFigures(
        id=book.id,
        name=book.rules["name"],
        state=book.state,
        vouchers=len(book.vouchers),
        budget=budget["budget_cents"],
        issued=terms.issued,
        topped_up=terms.topped_up,
        spent=terms.spent,
        refunded=terms.refunded,
        cancelled=terms.cancelled,
        held=terms.held,
        available=terms.available,
        lapsed=terms.lapsed,
        revoked=terms.revoked,
        unallocated=budget["unallocated_cents"],
    )


def _categories(book: SchemeBook, books: Books) -> list[CategoryFigures]:
    payments: Counter[str] = Counter(
        move.category for move in books.movements if move.scheme == book.id and move.kind == "payment"
    )
    net = book.by_category()
    return [
        CategoryFigures(book.rules["name"], category, payments[category], net.get(category, 0))
        for category in sorted(payments)
    ]


def _shop(
    name: str, shop: str, schemes: list[str], books: Books, balances: Mapping[tuple[str, str], ShopBalance]
) -> ShopFigures:
    shop_balances = [balances[scheme, shop] for scheme in schemes]
    moves = [move for move in books.movements if move.shop == shop and move.scheme in schemes]
    sums: Counter[str] = Counter()
    for move in moves:
        sums[move.kind] += abs(move.cents)
    unsettled = sum(balance.unsettled for balance in shop_balances)
    payments = [
        payment
        for payment in books.payments.values()
        if payment.shop == shop and payment.scheme in schemes and payment.lines
    ]
    return ShopFigures(
        name=name,
        payments=len(payments),
        spent=sums["payment"],
        refunded=sums["refund"],
        cancelled=sums["cancellation"],
        settled=sum(balance.net for balance in shop_balances) - unsettled,
        unsettled=unsettled,
    )
