"""The books: debits equal credits, and agree with the ledger at any block."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from town import CATEGORIES, HOUR, SCHEMES, SHOPS, Movements, Town, an_id, keep

from kindpakket.backoffice.books.agreement import check_books
from kindpakket.backoffice.books.balance import sums, trial_balance
from kindpakket.backoffice.books.books import Books
from kindpakket.backoffice.books.chart import Account, Chart, Role
from kindpakket.backoffice.books.closings import Closings
from kindpakket.backoffice.books.entries import Entry
from kindpakket.backoffice.books.errors import BooksError
from kindpakket.backoffice.books.grouping import GROUPINGS, Grouping
from kindpakket.backoffice.books.mapping import example, load_mapping
from kindpakket.backoffice.books.periods import Span, last_day, read_span
from kindpakket.backoffice.books.postings import POSTINGS
from kindpakket.backoffice.books.terms import _MOVES
from kindpakket.ledger.days import first_instant
from kindpakket.ledger.movements import Movement, MovementKind

FEW = settings(max_examples=25, deadline=None)
towns = st.builds(
    lambda seed, steps, hours: Town(seed, hours=hours).live(steps),
    st.integers(0, 2**32),
    st.integers(0, 150),
    st.integers(0, 80),
)
groupings = st.sampled_from(GROUPINGS)


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    path = tmp_path_factory.mktemp("mapping") / "mapping.yaml"
    path.write_text(example())
    return load_mapping(path)


def role_sums(entries: list[Entry], scheme: str = "") -> Counter[Role]:
    """Balances by role; a credit is below zero."""
    found: Counter[Role] = Counter()
    for entry in entries:
        for line in entry.lines:
            if scheme in ("", entry.scheme):
                found[line.role] += line.cents
    return found


def made(
    kind: MovementKind,
    cents: int,
    at: int,
    block: int = 0,
    *,
    category: str = "",
    shop: str = SHOPS[0],
    line: int = 0,
) -> Movement:
    """A movement of the first scheme."""
    id_ = f"{block:x}{line:x}"
    return Movement(block, 0, line, id_, at, kind, SCHEMES[0], cents, shop=shop, category=category)


@FEW
@given(towns, groupings, st.data())
def test_the_books_agree_with_the_ledger_at_every_block(
    chart: Chart, town: Town, grouping: Grouping, data: st.DataObject
) -> None:
    """The town's own sums at the end, and those of the ledger's terms at any block before."""
    books = keep(Movements(town.movements), chart, grouping=grouping)
    for entry in books.entries:
        assert entry.debit == entry.credit > 0
        assert all((line.debit > 0) != (line.credit > 0) for line in entry.lines)
    for scheme, wanted in town.sums.items():
        found = role_sums(list(books.entries), scheme)
        assert -found["commitments"] == found["commitments_contra"] == wanted.committed
        assert found["costs"] == wanted.spent
        accrued = found["accrued_liabilities"] + found["accrued_assets"] + found["accrued_costs"]
        assert -(found["payables"] + accrued) == wanted.payable
        assert found["receivables"] == wanted.receivable
        assert found["bank"] == wanted.bank
    assert check_books(books).problems == ()
    if town.movements:
        block = data.draw(st.integers(0, town.block))
        assert check_books(keep(Movements(town.movements), chart, until_block=block)).problems == ()


@FEW
@given(towns, groupings)
def test_all_groupings_book_the_same_amounts(chart: Chart, town: Town, grouping: Grouping) -> None:
    def by_period(grouping: Grouping) -> Counter[tuple[str, str, str, bool]]:
        found: Counter[tuple[str, str, str, bool]] = Counter()
        for entry in keep(Movements(town.movements), chart, grouping=grouping).entries:
            for line in entry.lines:
                found[entry.period, entry.scheme, line.account.code, bool(line.debit)] += abs(line.cents)
        return found

    assert by_period(grouping) == by_period("period")


@FEW
@given(towns, st.data())
def test_periods_together_are_the_whole(chart: Chart, town: Town, data: st.DataObject) -> None:
    books = keep(Movements(town.movements), chart)
    if not books.entries:
        return
    first, last = books.entries[0].period, books.entries[-1].period
    whole = Span(first, last)
    boundary = data.draw(st.sampled_from(whole.periods()))
    early = [entry for entry in books.of(whole) if entry.period <= boundary]
    late = [entry for entry in books.of(whole) if entry.period > boundary]
    assert early + late == list(books.entries)
    combined = role_sums(early)
    combined.update(role_sums(late))
    assert combined == role_sums(list(books.entries))
    # The closing balance of one part is the opening balance of the next, apart from the year's result.
    if late and boundary[:4] == late[0].period[:4]:
        before = {line.account.code: line.closing for line in trial_balance(books, Span(first, boundary))}
        after = {line.account.code: line.opening for line in trial_balance(books, Span(late[0].period, last))}
        carried = {code: cents for code, cents in before.items() if code[0] != "4" and code[0] != "0"}
        assert {code: after.get(code, 0) for code in carried} == carried


@FEW
@given(towns)
def test_the_trial_balance_balances(chart: Chart, town: Town) -> None:
    books = keep(Movements(town.movements), chart)
    for span in (None, read_span("2025"), read_span("2026"), read_span("2026-02:2026-04")):
        lines = trial_balance(books, span)
        total = sums(lines)
        assert (total.opening, total.debit - total.credit, total.closing) == (0, 0, 0)
        assert sums([line for line in lines if line.off_balance]).closing == 0
        for line in lines:
            if line.is_cost and span is not None and span.first.endswith("-01"):
                assert line.opening == 0


@FEW
@given(st.integers(0, 2**32), st.booleans(), st.integers(0, 10_000))
def test_reversing_undoes_the_accrual(chart: Chart, seed: int, unsettled: bool, expected: int) -> None:
    town = Town(seed, first_day="2025-12-10", hours=20).live(80)
    town.next_transaction()
    accruing = replace(chart, accrue_unsettled=unsettled, expected_use=expected)
    books = keep(Movements(town.movements), accruing, through="2026-12-31")
    accrued = [entry for entry in books.entries if entry.kind in ("accrual", "accrual_reversed")]
    for year in ("2025", "2026"):
        at_the_end = {e.scheme: e for e in accrued if e.day == f"{year}-12-31"}
        reversed_ones = {e.scheme: e for e in accrued if e.day == f"{int(year) + 1}-01-01"}
        assert year == "2026" or at_the_end.keys() == reversed_ones.keys()
        for scheme, entry in at_the_end.items() if year == "2025" else ():
            total: Counter[Role] = Counter()
            for line in (*entry.lines, *reversed_ones[scheme].lines):
                total[line.role] += line.cents
            assert not any(total.values())
    assert check_books(books).problems == ()
    if not unsettled and not expected:
        assert not accrued


@FEW
@given(st.integers(0, 2**32), st.integers(0, 150))
def test_what_is_in_no_settlement_is_accrued(chart: Chart, seed: int, steps: int) -> None:
    town = Town(seed, hours=2).live(steps)
    books = keep(Movements(town.movements), chart, through="2025-12-31")
    for scheme in SCHEMES:
        open_cents = [cents for (of, _), cents in town.unsettled.items() if of == scheme]
        found = role_sums([entry for entry in books.entries if entry.kind == "accrual"], scheme)
        assert -found["accrued_liabilities"] == sum(cents for cents in open_cents if cents > 0)
        assert -found["accrued_assets"] == sum(cents for cents in open_cents if cents < 0)


@FEW
@given(st.integers(0, 2**32), st.data())
def test_what_was_closed_never_changes(chart: Chart, seed: int, data: st.DataObject) -> None:
    """However often a period is closed along the way, at whatever blocks."""
    town = Town(seed, hours=40).live(120)
    if not town.movements:
        return
    closings = Closings()
    period = "2025-11"
    printed: dict[str, list[Entry]] = {}
    block = 0
    for _ in range(data.draw(st.integers(1, 4))):
        block = data.draw(st.integers(block, town.block))
        books = keep(
            Movements(town.movements), chart, until_block=block, closings=closings, through=last_day(period)
        )
        before = closings.closed[-1].period if closings.closed else ""
        closing = books.closing(period, block, books.position.block_hash, after=before)
        closings = Closings("zuidhorn", (*closings.closed, closing))
        printed[period] = books.of(read_span(period))
        period = {"2025-11": "2025-12", "2025-12": "2026-01", "2026-01": "2026-02"}.get(period, "2026-03")
    books = keep(Movements(town.movements), chart, closings=closings)
    assert books.changed() == []
    assert check_books(books).problems == ()
    for closed, entries in printed.items():
        assert books.of(read_span(closed)) == entries


def test_every_kind_of_movement_is_in_the_books_and_in_the_terms() -> None:
    town = Counter(m.kind for seed in range(40) for m in Town(seed).live(200).movements)
    assert POSTINGS.keys() - town.keys() == {"budgeted", "budget_cut"}
    assert POSTINGS.keys() == {*_MOVES, "withdrawn"}


def test_a_late_block_is_booked_in_the_first_open_period(chart: Chart) -> None:
    """A transaction of January that is ordered after January was closed."""
    january, february = first_instant("2026-01-31") + 20 * HOUR, first_instant("2026-02-01") + HOUR
    movements = [
        made("issued", 5_000, january, 1),
        made("spent", 1_000, january, 2, category="books"),
        made("spent", 300, february, 3, category="books"),
        # Its day is before that of the block before, and January is still open.
        made("spent", 20, january, 4, category="books"),
        made("spent", 7, january, 6, category="books"),
    ]
    books = keep(Movements(movements), chart, until_block=4)
    closing = books.closing("2026-01", 4, books.position.block_hash)
    kept = keep(Movements(movements), chart, closings=Closings("zuidhorn", (closing,)))
    costs = [entry for entry in kept.entries if entry.journal.code == "INK"]
    assert [(e.number, e.day, e.debit, e.late) for e in costs] == [
        ("2026-01-INK-00001", "2026-01-31", 1_020, False),
        ("2026-02-INK-00001", "2026-02-01", 300, False),
        ("2026-02-INK-00002", "2026-02-01", 7, True),
    ]
    assert costs[-1].description.endswith(", from closed periods")
    # At the block at which it was closed, and before, the closing does not matter.
    assert (
        keep(Movements(movements), chart, closings=Closings("zuidhorn", (closing,)), until_block=3).closed
        == ()
    )


def test_a_changed_mapping_shows_in_closed_periods(chart: Chart) -> None:
    movements = Movements([made("issued", 1, first_instant("2026-01-05"), 1)])
    books = keep(movements, chart)
    closings = Closings("zuidhorn", (books.closing("2026-01", 1, ""),))
    assert keep(movements, chart, closings=closings).changed() == []
    account = replace(chart.accounts["commitments"], name="Another name")
    renamed = replace(chart, accounts={**chart.accounts, "commitments": account})
    assert keep(movements, renamed, closings=closings).changed() == []
    other = replace(chart, accounts={**chart.accounts, "commitments": replace(account, code="0999")})
    (sentence,) = keep(movements, other, closings=closings).changed()
    assert sentence.startswith("2026-01 was closed with 1 entry of 1 cent (SHA-256 ")
    assert not check_books(keep(movements, other, closings=closings)).holds


def test_the_first_closing_covers_the_months_before(chart: Chart) -> None:
    january, february = first_instant("2026-01-05"), first_instant("2026-02-05")
    movements = Movements([made("issued", 1, january, 1), made("issued", 2, february, 2)])
    books = keep(movements, chart)
    both, second = books.closing("2026-02", 2, ""), books.closing("2026-02", 2, "", after="2026-01")
    assert ((both.entries, both.cents), (second.entries, second.cents)) == ((2, 3), (1, 2))
    account = replace(chart.accounts["commitments"], code="0999")
    other = replace(chart, accounts={**chart.accounts, "commitments": account})
    closings = Closings("zuidhorn", (both,))
    assert keep(movements, chart, closings=closings).changed() == []
    assert len(keep(movements, other, closings=closings).changed()) == 1


def test_a_day_is_that_of_amsterdam(chart: Chart) -> None:
    """Half an hour before midnight in summer is the day before in UTC."""
    last = first_instant("2026-07-01") - 1800
    books = keep(
        Movements([made("issued", 1, last, 1), made("issued", 2, last + HOUR, 2)]), chart, grouping="day"
    )
    assert [(entry.day, entry.debit) for entry in books.entries] == [("2026-06-30", 1), ("2026-07-01", 2)]


def test_the_accrual_of_a_year_tells_what_is_owed_from_what_shops_owe(chart: Chart) -> None:
    day = first_instant("2026-12-30")
    movements = [
        made("issued", 10_000, day, 1),
        made("spent", 3_000, day, 2, category="books", shop=SHOPS[0]),
        made("spent", 1_000, day, 3, category="books", shop=SHOPS[1]),
        made("drafted", 1_000, day, 4, shop=SHOPS[1]),
        made("refunded", 400, day, 5, category="books", shop=SHOPS[1]),
    ]
    apart = replace(
        chart, shops_apart=True, creditors={SHOPS[0]: "C10023"}, expected_use=8_550, accrue_unsettled=True
    )
    assert not any(e.kind == "accrual" for e in keep(Movements(movements), apart).entries)
    books = keep(Movements(movements), apart, through="2027-01-01")
    accrual, reversal = [e for e in books.entries if e.kind in ("accrual", "accrual_reversed")]
    assert (accrual.day, reversal.day) == ("2026-12-31", "2027-01-01")
    # 85.5 % of the 6,400 cents that can still be spent.
    assert sorted((line.account.code, line.party, line.debit, line.credit) for line in accrual.lines) == [
        ("14010", "", 400, 0),
        ("17010", SHOPS[1], 0, 400),
        ("17010", "C10023", 3_000, 0),
        ("19010", "", 0, 3_000 + 5_472),
        ("44300", "", 5_472, 0),
    ]
    assert check_books(books).problems == ()


def test_costs_go_to_the_most_specific_account(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    own = (
        f"schemes:\n  '{SCHEMES[0]}':\n    name: Kindpakket 2026\n    cost_centre: '77'\n"
        "    categories:\n      sport: {code: '1', name: one}\n"
        f"  '{SCHEMES[1]}':\n    account: {{code: '2', name: two}}\n"
    )
    path.write_text(example() + own)
    chart = load_mapping(path)
    accounts = [
        [
            (account.code if (account := chart.costs_account(scheme, category)) else "")
            for category in CATEGORIES
        ]
        for scheme in (*SCHEMES, an_id(9))
    ]
    assert accounts == [["44300", "44300", "1"], ["2", "2", "2"], ["44300", "44300", "44310"]]
    assert [chart.cost_centre_of(scheme) for scheme in SCHEMES] == ["77", "6301"]
    assert chart.name_of(SCHEMES[0]) == "Kindpakket 2026"


def test_costs_change_accounts_with_a_period(chart: Chart) -> None:
    later = replace(chart, starts="2027-01", account=Account("55500", "Kindpakket 2027"), cost_centre="88")
    december, january = first_instant("2026-12-31") + HOUR, first_instant("2027-01-01") + HOUR
    movements = [
        made("issued", 100, december, 1),
        made("spent", 40, december, 2, category="books"),
        made("spent", 7, january, 3, category="books"),
    ]
    before = keep(Movements(movements[:2]), chart)
    books = keep(Movements(movements), later, chart)
    costs = [line for entry in books.entries for line in entry.lines if line.role == "costs"]
    assert [(line.account.code, line.cost_centre, line.debit) for line in costs] == [
        ("44300", "6301", 40),
        ("55500", "88", 7),
    ]
    closings = Closings("zuidhorn", (before.closing("2026-12", 2, ""),))
    assert keep(Movements(movements), chart, later, closings=closings).changed() == []
    assert check_books(books).problems == ()


def test_accounts_of_the_balance_sheet_stay_the_same(chart: Chart) -> None:
    accounts = {**chart.accounts, "bank": Account("11011", "Bank")}
    later = replace(chart, starts="2027-01", accounts=accounts)
    with pytest.raises(BooksError, match="bank is 11010 before 2027-01 and 11011 from then on"):
        keep(Movements([]), chart, later)
    with pytest.raises(BooksError, match="two mappings begin with the first period"):
        keep(Movements([]), chart, chart)


def test_costs_without_an_account_are_all_told(chart: Chart) -> None:
    bare = replace(chart, account=None, categories={})
    day = first_instant("2026-01-05")
    movements = [made("issued", 100, day, 1)]
    movements += [
        made("spent", 1, day, 2, category=category, line=n) for n, category in enumerate(CATEGORIES)
    ]
    with pytest.raises(BooksError) as caught:
        keep(Movements(movements), bare)
    for category in CATEGORIES:
        assert f"scheme {SCHEMES[0]}, category {category}" in str(caught.value)


def test_what_cannot_have_happened_is_told(chart: Chart) -> None:
    movements = [made("issued", 100, 0, 1), made("spent", 101, 0, 2, category="books")]
    (problem,) = check_books(keep(Movements(movements), chart)).problems
    assert "cannot all have happened: available is -1 cent at block 2" in problem


def test_closings_of_another_channel_are_refused(chart: Chart) -> None:
    books: Books = keep(Movements([]), chart)
    closings = Closings("groningen", (books.closing("2026-01", 0, ""),))
    with pytest.raises(BooksError, match="of channel groningen, the movements of zuidhorn"):
        keep(Movements([]), chart, closings=closings)
