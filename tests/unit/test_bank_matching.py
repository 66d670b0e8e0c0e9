"""Every line of a statement ends in one place, and only what is certain is matched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

import pytest
from bank_files import SHOPS, Detail, Entry, Page, camt053, pain002, payments, settlement
from hypothesis import given, settings
from hypothesis import strategies as st

from kindpakket.backoffice.bank.files import read_bytes
from kindpakket.backoffice.bank.matching import match
from kindpakket.backoffice.bank.orders import Expected, read_orders
from kindpakket.backoffice.bank.outcomes import Outcome, ledger_code
from kindpakket.backoffice.bank.statements import ConflictingStatements, Line, Statement

AMOUNTS = (1200, 3450, 1200)
FILE = payments(AMOUNTS)
ORDERS = read_orders(FILE.content, "pay.xml")
GROUP = f"{FILE.message_id}-1"


def statements(*pages: Page, source: str = "s.xml", version: str = "08") -> list[Statement]:
    return list(read_bytes(camt053(*pages, version=version), source).statements)


def paid(number: int) -> Entry:
    cents = -AMOUNTS[number - 1]
    detail = Detail(abs(cents), settlement(number), GROUP, account=SHOPS[number % 3])
    return Entry(cents, [detail], reference=f"REF{number}")


def returned(number: int, cents: int | None = None) -> Entry:
    money = AMOUNTS[number - 1] if cents is None else cents
    return Entry(money, [Detail(money, settlement(number), reason="AC04")], reference=f"BACK{number}")


def matched(*pages: Page, answers: bytes | None = None, orders: Sequence[Expected] = ORDERS) -> Outcome:
    reports = read_bytes(answers, "r.xml").answers if answers else ()
    return match(orders, statements(*pages), reports)


def bookings(outcome: Outcome) -> list[tuple[str, str]]:
    return [(made.settlement, made.outcome) for made in outcome.bookings()]


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_payment_is_matched_by_its_end_to_end_id(version: str) -> None:
    outcome = match(ORDERS, statements(Page([paid(1), paid(2), paid(3)]), version=version))
    assert bookings(outcome) == [(settlement(n), "paid") for n in (1, 2, 3)]
    first = next(outcome.bookings())
    assert first.as_json() == {
        "transaction": "settlement:Book",
        "settlement": settlement(1),
        "outcome": "paid",
        "reason": "bank",
        "bank_reference": "REF1",
        "value_date": "2026-11-25",
    }
    assert (outcome.proposed, outcome.listed) == ((), ())


def test_a_batch_is_matched_by_its_ids_count_and_sum_whatever_was_asked_for() -> None:
    entry = Entry(-sum(AMOUNTS), batch=(FILE.message_id, GROUP, 3))
    outcome = matched(Page([entry]))
    assert [match.by for match in outcome.matched] == ["batch"]
    assert bookings(outcome) == [(settlement(n), "paid") for n in (1, 2, 3)]


def test_a_batch_that_the_bank_shows_with_one_detail_is_a_batch() -> None:
    entry = Entry(-sum(AMOUNTS), [Detail(sum(AMOUNTS), "NOTPROVIDED")], batch=("", GROUP, 3))
    assert [match.by for match in matched(Page([entry])).matched] == ["batch"]


def test_ids_that_the_bank_wrote_in_capitals_are_known() -> None:
    file = payments([700], first=0xABCDEF)
    entry = Entry(-700, [Detail(700, settlement(0xABCDEF).upper())])
    outcome = match(read_orders(file.content), statements(Page([entry])))
    assert bookings(outcome) == [(settlement(0xABCDEF), "paid")]


def test_a_batch_without_what_the_bank_rejected_is_matched() -> None:
    report = pain002(FILE.message_id, file="PART", payments=[(settlement(2), "RJCT", "AC04")])
    outcome = matched(Page([Entry(-2400, batch=("", GROUP, 2))]), answers=report)
    assert bookings(outcome) == [
        (settlement(1), "paid"),
        (settlement(2), "rejected"),
        (settlement(3), "paid"),
    ]
    assert [made.reason for made in outcome.bookings()] == ["bank", "ac04", "bank"]


def test_an_entry_whose_details_name_their_payments_without_amounts_is_matched() -> None:
    details = [Detail(None, settlement(number)) for number in (1, 2)]
    outcome = matched(Page([Entry(-4650, details)]))
    assert bookings(outcome) == [(settlement(1), "paid"), (settlement(2), "paid")]
    assert outcome.matched[0].by == "ids-of-details"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (Entry(-1201, [Detail(1201, settlement(1))]), "1201 cents instead of 1200"),
        (Entry(-1200, [Detail(1200, settlement(1), account=SHOPS[0])]), "another account than was ordered"),
        (Entry(-1200, [Detail(1200, settlement(1))], reversal=True), "reverses an earlier entry"),
        (Entry(-9, batch=("", GROUP, 1)), "but is for 9 cents"),
        (Entry(-1200, [Detail(1200, "NOTPROVIDED", GROUP)]), "as much as this payment of it"),
        (Entry(-sum(AMOUNTS), batch=("", GROUP, 2)), "compare it with the bank's list"),
        (Entry(-3450, [Detail(3450, "NOTPROVIDED", account=SHOPS[2])]), "this amount went to this shop's"),
        (Entry(-3450), "no id and no account"),
        (Entry(-sum(AMOUNTS)), "as much as this file or group"),
        (
            Entry(1200, [Detail(1200, settlement(1), reason="AC04")]),
            "no statement here shows that it was paid",
        ),
    ],
)
def test_what_is_not_certain_is_proposed_to_a_person(entry: Entry, reason: str) -> None:
    outcome = matched(Page([entry]))
    assert (outcome.matched, outcome.listed) == ((), ())
    (proposal,) = outcome.proposed
    assert reason in proposal.reason
    assert proposal.candidates
    assert not list(outcome.bookings())


def test_money_that_comes_back_is_returned_after_it_was_paid() -> None:
    outcome = matched(Page([returned(1), paid(1)]))
    assert bookings(outcome) == [(settlement(1), "paid"), (settlement(1), "returned")]
    assert [made.reason for made in outcome.bookings()] == ["bank", "ac04"]
    assert outcome.answers[settlement(1)] == "returned"
    part = matched(Page([paid(1), returned(1, 1100)]))
    assert part.proposed[0].reason == "1100 cents came back of 1200: ask the bank for the rest"


def test_the_reversal_of_a_batch_returns_all_of_it() -> None:
    batch = Entry(-sum(AMOUNTS), batch=("", GROUP, 3), reference="B1")
    undone = Entry(sum(AMOUNTS), batch=("", GROUP, 3), reference="B2", reversal=True)
    outcome = matched(Page([batch, undone]))
    assert Counter(made for _, made in bookings(outcome)) == {"paid": 3, "returned": 3}


def test_two_equal_lines_in_one_statement_are_two_lines() -> None:
    outcome = matched(Page([paid(1), paid(1)]))
    assert bookings(outcome) == [(settlement(1), "paid")]
    assert [listed.kind for listed in outcome.listed] == ["paid-twice"]
    assert "s.xml: statement 1, entry 1, detail 1" in outcome.listed[0].what_to_do


def test_a_booking_that_another_statement_shows_too_counts_once() -> None:
    later = Page([paid(1)], opening=998_800, number=2, id="S2", day="2026-11-26", opened_on="2026-11-25")
    outcome = matched(Page([paid(1)]), later)
    assert bookings(outcome) == [(settlement(1), "paid")]
    assert [listed.kind for listed in outcome.listed] == ["repeated"]


def test_the_same_statement_twice_changes_nothing() -> None:
    page = Page([paid(1), paid(2), Entry(-50, family="CHRG")])
    once = match(ORDERS, statements(page))
    twice = match(ORDERS, [*statements(page), *statements(page, source="again.xml")])
    assert len(twice.again) == 1
    assert list(once.bookings()) == list(twice.bookings())
    assert sum(line.cents for line in once.lines) == sum(line.cents for line in twice.lines)


def test_two_statements_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ConflictingStatements, match="ask the bank which one counts"):
        match(ORDERS, [*statements(Page([paid(1)])), *statements(Page([paid(2)]), source="other.xml")])


def test_a_file_without_a_name_of_its_group_is_matched_as_a_whole() -> None:
    content = FILE.content.replace(f"<PmtInfId>{GROUP}</PmtInfId>".encode(), b"<PmtInfId></PmtInfId>")
    orders = read_orders(content)
    outcome = match(orders, statements(Page([paid(1), Entry(-4650)])))
    assert bookings(outcome) == [(settlement(1), "paid")]
    assert [made.settlement for made in outcome.proposed[0].candidates] == [settlement(2), settlement(3)]


def test_charges_and_other_payments_are_listed() -> None:
    lines = [
        Entry(-50, family="CHRG"),
        Entry(-700, [Detail(700, "invoice 12")]),
        Entry(800),
        Entry(-900, [Detail(900, "f" * 32)]),
    ]
    outcome = matched(Page(lines))
    kinds = ["charges", "other-credit", "other-debit", "unknown-payment"]
    assert sorted(listed.kind for listed in outcome.listed) == kinds
    assert outcome.proposed == ()


def test_a_charge_within_an_entry_is_a_line_of_its_own() -> None:
    entry = Entry(-1225, [Detail(1200, settlement(1), charges=25)])
    for version in ("02", "08"):
        outcome = match(ORDERS, statements(Page([entry]), version=version))
        assert bookings(outcome) == [(settlement(1), "paid")]
        assert [(listed.kind, listed.line.cents) for listed in outcome.listed] == [("charges", -25)]


def test_accepted_is_not_paid_and_a_rejected_file_rejects_all() -> None:
    accepted = matched(Page([]), answers=pain002(FILE.message_id, file="ACSP"))
    assert set(accepted.answers.values()) == {"accepted"}
    assert list(accepted.bookings()) == []
    rejected = matched(Page([]), answers=pain002(FILE.message_id, file="RJCT", reason="AM05"))
    assert bookings(rejected) == [(settlement(n), "rejected") for n in (1, 2, 3)]
    other = matched(Page([]), answers=pain002("another-file", file="RJCT"))
    assert bookings(other) == []


def test_what_was_rejected_and_is_debited_all_the_same_is_for_a_person() -> None:
    report = pain002(FILE.message_id, payments=[(settlement(1), "RJCT", "AC04")])
    outcome = matched(Page([paid(1)]), answers=report)
    assert bookings(outcome) == []
    assert "reported it rejected (r.xml: line" in outcome.proposed[0].reason


def test_statements_between_two_others_that_are_missing_are_told() -> None:
    later = Page([], opening=1, number=2, id="S2", day="2026-11-26", opened_on="2026-11-25")
    assert "is missing; fetch it from the bank" in str(matched(Page([paid(1)]), later).gaps[0])
    skipped = Page([], number=4, id="S2", day="2026-11-26", opened_on="2026-11-25")
    assert "has number 4" in str(matched(Page([]), skipped).gaps[0])


@pytest.mark.parametrize(
    ("code", "written"),
    [("AC04", "ac04"), ("", "bank"), ("4711", "bank-4711"), ("Bank's own: closed!", "bank-s-own-closed")],
)
def test_codes_are_written_as_the_ledger_takes_them(code: str, written: str) -> None:
    assert ledger_code(code) == written


def test_an_account_is_never_a_bank_reference() -> None:
    entry = Entry(-1200, [Detail(1200, settlement(1))], reference=SHOPS[0])
    (made,) = matched(Page([entry])).bookings()
    assert made.bank_reference is None


ids = st.sampled_from(["", "NOTPROVIDED", "invoice", *(settlement(n) for n in (1, 2, 3, 9))])
details = st.builds(
    Detail,
    cents=st.none() | st.integers(0, 5000),
    end_to_end=ids,
    payment_id=st.sampled_from(["", GROUP, "other"]),
    message_id=st.sampled_from(["", FILE.message_id]),
    account=st.sampled_from(["", *SHOPS]),
    reason=st.sampled_from(["", "AC04"]),
    charges=st.sampled_from([0, 0, 25]),
)
amounts = st.sampled_from([-1200, -3450, -2400, -5850, -4650, 1200, 3450, 5850, -25, 0]) | st.integers(
    -9999, 9999
)
entries = st.builds(
    Entry,
    cents=amounts,
    details=st.lists(details, max_size=3),
    reference=st.sampled_from(["", "A1", "A2"]),
    status=st.sampled_from(["BOOK", "BOOK", "BOOK", "PDNG"]),
    reversal=st.booleans(),
    family=st.sampled_from(["", "", "RRTN", "CHRG"]),
    batch=st.none()
    | st.tuples(st.sampled_from(["", FILE.message_id]), st.sampled_from(["", GROUP]), st.integers(1, 4)),
)
days = st.lists(st.lists(entries, max_size=5), min_size=1, max_size=3)


def month(content: Sequence[Sequence[Entry]]) -> list[list[Statement]]:
    """Statements of days that follow each other, each in a file of its own."""
    files, opening = [], 1_000_000
    for number, day in enumerate(content, 1):
        page = Page(
            day,
            opening,
            number=number,
            id=f"S{number}",
            day=f"2026-11-{24 + number}",
            opened_on=f"2026-11-{23 + number}",
        )
        read = statements(page, source=f"{number}.xml")
        opening = read[0].closing
        files.append(read)
    return files


def what_it_says(outcome: Outcome) -> object:
    """All of it, without the lines' places in their files."""

    def said(line: Line) -> str:
        return repr((line.source, line.values()))

    return (
        sorted((said(m.line), m.bookings, m.by) for m in outcome.matched),
        sorted((said(p.line), p.candidates, p.reason) for p in outcome.proposed),
        sorted((said(place.line), place.kind) for place in outcome.listed),
        outcome.answers,
        outcome.gaps,
    )


@settings(max_examples=60, deadline=None)
@given(content=days, data=st.data())
def test_whatever_comes_in_every_line_is_in_one_place_and_sums_agree(
    content: list[list[Entry]], data: st.DataObject
) -> None:
    files = month(content)
    everything = [statement for file in files for statement in file]
    outcome = match(ORDERS, everything)
    lines = [line for statement in everything for line in statement.lines]
    assert Counter(line.place for line in outcome.lines) == Counter(line.place for line in lines)
    booked = sum(entry.cents for day in content for entry in day if entry.status == "BOOK")
    assert sum(line.cents for line in outcome.lines) == booked == everything[-1].closing - 1_000_000
    for place in outcome.matched:
        orders = [next(o for o in ORDERS if o.settlement == made.settlement) for made in place.bookings]
        assert sum(order.cents for order in orders) == abs(place.line.cents)
    made = Counter(bookings(outcome))
    assert set(made.values()) <= {1}
    assert all((number, "paid") in made for number, done in made if done == "returned")
    shuffled = data.draw(st.permutations(files + files[:1]))
    again = match(reversed(ORDERS), [statement for file in shuffled for statement in file])
    assert what_it_says(again) == what_it_says(outcome)
    assert date(2026, 11, 25) <= min((line.booked_on for line in lines), default=date.max)
