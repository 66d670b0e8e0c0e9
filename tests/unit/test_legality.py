"""Legality control: each check fires where it must and not elsewhere, and the sums are those of the books."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_blocks import Asked
from legality_town import (
    ACCOUNT,
    LATER,
    case_of,
    closed,
    facts_of,
    observed,
    opened,
    peer_of,
    settled,
    stored,
)
from story import DAY, NOON, SCHEME, SECONDS_OF_A_DAY, SHOP, VOUCHER, Story, books

from kindpakket.auditor.disclosure import (
    CHECKED,
    REQUEST,
    DisclosureError,
    check_disclosure,
    drawn_again,
    read_document,
    request_of,
    sealed,
)
from kindpakket.auditor.legality import (
    BankFiles,
    BankTrace,
    Examined,
    Facts,
    Inputs,
    LegalityError,
    Sampling,
    Settings,
    Signals,
    legality,
    period_of,
    period_of_scheme,
    read_checked,
    read_findings,
    read_judgements,
    sample_of,
)
from kindpakket.auditor.legality.checks import CHECKS, Checked, check_payments
from kindpakket.auditor.legality.period import seed_block
from kindpakket.auditor.sampling import commitment_of
from kindpakket.holder.booklet import Booklet
from kindpakket.holder.key import HolderKey

SETTINGS = Settings("Raadsbesluit 2025-118", Decimal(1), Decimal(3))
YEAR = "2026-01-01", "2026-12-31"
NUMBER = "7" * 32
VERIFIED = {"verified": {"channel": "zuidhorn", "height": 10, "head": "ab" * 32}}


def report(facts: Facts, inputs: Inputs | None = None, settings: Settings = SETTINGS) -> dict[str, Any]:
    return legality(facts, period_of(facts, DAY, DAY), settings, inputs or Inputs("1"))


def checked(facts: Facts) -> list[Checked]:
    return check_payments(facts, period_of(facts, *YEAR).payments(facts))


def failed(facts: Facts) -> dict[str, str]:
    """The reasons why payments did not pass, by check."""
    return {failure.check: failure.reason for each in checked(facts) for failure in each.failures}


def paid(**rules: Any) -> Story:
    story = opened(**rules)
    story.pay(("toys", 1500))
    return story


def test_a_lawful_payment_passes_every_check() -> None:
    story = paid()
    story.pay(("books", 2500))
    closed(story)
    settled(story)
    facts = facts_of(story)
    assert failed(facts) == {}
    made = report(facts)
    assert [check["passed"] for check in made["checks"]] == [2] * len(CHECKS)
    assert (made["verdict"], made["exceptions"], made["elsewhere"]) == ("within", [], [])
    payment = next(iter(facts.payments.values()))
    assert payment.issue is not None
    assert (payment.issue.proposed_by, payment.issue.approved_by) == ("p-clerk", "p-manager")
    assert payment.proof is not None
    assert (payment.proof.error, payment.shop_approved_by, payment.activated_by) == (
        "",
        "p-manager",
        "p-manager",
    )


def test_without_a_case_record_nobody_was_entitled() -> None:
    story = paid()
    assert failed(facts_of(story, cases=False)) == {"case": "no-case"}
    facts = facts_of(story, cases=False)
    facts.private_seen = False
    (result,) = checked(facts)
    assert (result.kind, result.failures[0].reason) == ("uncertainty", "cases-not-seen")


def issued_without_allocation() -> Story:
    story = Story()
    story.open()
    story.pay(("toys", 1500))
    return story


def issued_under_an_unapproved_allocation() -> Story:
    story = paid()
    story.requests = [request for request in story.requests if request.operation != "allocation:Approve"]
    return story


def allocation_approved_by_who_proposed_it() -> Story:
    story = paid()
    story.requests = [
        replace(request, person="p-clerk") if request.operation == "allocation:Approve" else request
        for request in story.requests
    ]
    return story


def activated_by_who_issued() -> Story:
    story = paid()
    story.requests = [
        replace(request, person="p-clerk", role="issuer")
        if request.operation == "voucher:Activate"
        else request
        for request in story.requests
    ]
    return story


def scheme_paused() -> Story:
    story = opened()
    story.add("scheme:Pause", "p-manager", scheme=SCHEME, reason="why")
    story.pay(("toys", 1500))
    return story


def shop_suspended() -> Story:
    story = opened()
    story.add("shop:Suspend", "p-manager", shop=SHOP, reason="fraud")
    story.pay(("toys", 1500))
    return story


def category_granted_later() -> Story:
    story = opened()
    grants = [{"code": "toys", "from": "2026-06-01"}]
    story.add("shop:Grant", "p-manager", shop=SHOP, categories=grants)
    story.pay(("toys", 1500))
    return story


def signed_by_another_key() -> Story:
    story = opened()
    order = story.order(("toys", 1500))
    story.send(order, HolderKey.generate().authorise(order))
    return story


def above_the_cap() -> Story:
    story = opened()
    story.pay(("toys", 26_000))
    return story


def hold_with_a_broken_rule() -> Story:
    story = opened()
    hold = story.hold(("toys", 26_000))
    story.add("payment:Capture", "p-shop", payment=hold, lines=[{"category": "toys", "cents": 500}])
    return story


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (issued_without_allocation, {"allocation": "no-allocation"}),
        (issued_under_an_unapproved_allocation, {"allocation": "allocation-by-one"}),
        (allocation_approved_by_who_proposed_it, {"allocation": "allocation-by-one"}),
        (activated_by_who_issued, {"allocation": "activated-by-issuer"}),
        (scheme_paused, {"fund": "fund-state"}),
        (shop_suspended, {"shop": "shop-state"}),
        (category_granted_later, {"shop": "shop-category"}),
        (signed_by_another_key, {"proof": "proof-invalid"}),
        (above_the_cap, {"rules": "rules-broken"}),
        (hold_with_a_broken_rule, {"rules": "rules-broken"}),
    ],
)
def test_a_check_fires(made: Callable[[], Story], found: dict[str, str]) -> None:
    assert failed(facts_of(made())) == found


def test_what_was_issued_before_allocations_is_uncertain() -> None:
    (result,) = checked(facts_of(issued_without_allocation()))
    assert result.kind == "uncertainty"


def test_payments_before_the_first_day_of_the_scheme_are_errors() -> None:
    story = opened(starts_on="2026-06-01", ends_on="2026-12-31")
    story.pay(("toys", 1500))
    assert failed(facts_of(story))["fund"] == "fund-early"


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ({"approve": "p-treasurer"}, "settlement-broken"),
        ({"export": "p-manager"}, "settlement-broken"),
        ({}, None),
    ],
)
def test_two_persons_pay_out(steps: dict[str, str], reason: str | None) -> None:
    story = paid()
    closed(story)
    settled(story, **steps)
    assert failed(facts_of(story)).get("persons") == reason


def test_rejected_settlements_do_not_count_and_later_ones_do() -> None:
    story = paid()
    closed(story)
    settled(story, outcome="rejected")
    assert checked(facts_of(story))[0].settlement is None
    second = settled(story)
    result = checked(facts_of(story))[0]
    assert result.settlement is not None
    assert (result.settlement.id, result.settlement.value_date) == (second, "2026-03-12")


def test_a_finding_of_the_verification_counts_for_its_payment() -> None:
    story = paid()
    facts = facts_of(story)
    payment = next(iter(facts.payments.values()))
    lines = [
        {
            "block": 9,
            "transaction": payment.step.transaction,
            "rule": "endorsement",
            "kind": "error",
            "cents": 0,
        },
        {"block": 3, "transaction": "", "rule": "bank", "kind": "uncertainty", "cents": 250, "sentence": "x"},
        {"block": 3, "transaction": "", "rule": "bank", "kind": "note", "cents": 9},
    ]
    content = "\n".join(json.dumps(line) for line in [*lines, VERIFIED]).encode()
    made = report(facts, Inputs("1", findings=read_findings(content)))
    assert (made["sums"]["errors"], made["sums"]["uncertainties"]) == (1500, 250)
    assert made["sums"]["uncertainties_elsewhere"] == 250
    assert made["exceptions"][0]["failures"][0]["values"]["rule"] == "endorsement"
    assert made["verdict"] == "both"
    assert "signatures" not in made["not_tested"]
    assert made["inputs"]["findings_sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"kind": "x"}', b'{"kind": "note", "cents": 1.5}', b"\xff"])
def test_findings_that_are_none_are_refused(line: bytes) -> None:
    with pytest.raises(LegalityError, match="findings"):
        read_findings(line + b"\n" + json.dumps(VERIFIED).encode())


@pytest.mark.parametrize(
    "content", [b"", b'{"kind": "note"}', b'{"verified": {"channel": "c", "height": "9"}}']
)
def test_findings_that_do_not_end_with_what_was_verified_are_refused(content: bytes) -> None:
    with pytest.raises(LegalityError, match="last line"):
        read_findings(content)


def test_a_payment_counts_once_with_what_is_left_of_it() -> None:
    story = opened()
    story.add("shop:Suspend", "p-manager", shop=SHOP, reason="fraud")
    order = story.order(("toys", 26_000))
    story.send(order, HolderKey.generate().authorise(order))
    story.add("shop:Reinstate", "p-manager", shop=SHOP, reason="why")
    lines = [{"category": "toys", "cents": 6_000}]
    payment = story.requests[-2].request["request_id"]
    story.add("payment:Refund", "p-shop", payment=payment, lines=lines, reason="returned")
    sums = report(facts_of(story))["sums"]
    assert (sums["gross"], sums["refunded"], sums["costs"]) == (26_000, 6_000, 20_000)
    assert (sums["errors"], sums["wrong_payments"], sums["errors_limit"]) == (20_000, 1, 200)


def test_rules_that_others_broke_are_listed_without_an_amount() -> None:
    story = paid()
    story.add("scheme:Open", scheme=SCHEME)
    made = report(facts_of(story))
    assert [(each["rule"], each["by"]) for each in made["elsewhere"]] == [("scheme:Open", "replay")]
    assert made["verdict"] == "within"


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["books", "toys"]), st.integers(100, 900), st.booleans()), max_size=8)
)
def test_the_sums_are_those_of_the_books(bought: list[tuple[str, int, bool]]) -> None:
    story = opened()
    for category, cents, returned in bought:
        payment = story.pay((category, cents))
        if returned:
            lines = [{"category": category, "cents": cents - 50}]
            story.add("payment:Refund", "p-shop", payment=payment, lines=lines, reason="returned")
    facts = facts_of(story)
    sums = report(facts)["sums"]
    assert sums["costs"] == books(story).schemes[SCHEME].terms().net
    assert sums["gross"] == books(story).schemes[SCHEME].terms().spent
    assert (sums["errors"], sums["uncertainties"]) == (0, 0)


# periods and the block that seeds samples


def test_the_seed_is_of_the_block_after_the_one_that_closed_the_period() -> None:
    story = paid()
    facts = facts_of(story)
    period = period_of(facts, DAY, DAY)
    assert seed_block(facts, period) is None
    with pytest.raises(LegalityError, match="can still book payments on 2026-03-10"):
        sample_of(facts, period, SETTINGS)
    story.add("scheme:CloseDay", "p-treasurer", NOON, scheme=SCHEME, day="2026-03-09")
    assert seed_block(facts_of(story), period) is None
    story.add("scheme:CloseDay", "p-treasurer", LATER, scheme=SCHEME, day=DAY)
    facts = facts_of(story)
    with pytest.raises(LegalityError, match="no block yet after"):
        sample_of(facts, period, SETTINGS)
    story.add("shop:LimitRefunds", "p-shop", LATER, shop=SHOP, refund_alone_cents=1)
    facts = facts_of(story)
    block = seed_block(facts, period)
    assert block is not None
    assert (block.number, block.closing) == (facts.height - 1, facts.height - 2)
    assert block.hash == peer_of(story).decoded()[-1].header_hash.hex()


def test_a_period_must_be_one() -> None:
    facts = facts_of(paid())
    for first, last in (("2026-03-11", DAY), ("10-03-2026", DAY), ("2026-02-30", DAY), ("20260310", DAY)):
        with pytest.raises(LegalityError):
            period_of(facts, first, last)
    with pytest.raises(LegalityError, match="no scheme had been opened"):
        period_of(facts, "2025-01-01", "2025-12-31")
    with pytest.raises(LegalityError, match="there is no scheme"):
        period_of(facts, DAY, DAY, ["f" * 32])
    with pytest.raises(LegalityError, match="is open, not closed"):
        period_of_scheme(facts, SCHEME)


def test_a_closed_scheme_is_a_period() -> None:
    story = paid()
    change = story.add("scheme:ProposeClosing", scheme=SCHEME, reason="council")
    story.add("scheme:ApproveChange", "p-manager", scheme=SCHEME, change=change)
    facts = facts_of(story)
    period = period_of_scheme(facts, SCHEME)
    assert (period.first_day, period.last_day, period.schemes) == ("2026-01-01", "2026-12-31", (SCHEME,))


# the sample, its disclosure and its evaluation


def sampled() -> tuple[Story, Facts]:
    story = opened()
    for cents in (1500, 700, 900, 1100, 400):
        story.pay(("toys", cents))
    closed(story)
    settled(story)
    return story, facts_of(story)


LARGE = replace(SETTINGS, sampling=Sampling(materiality_percent=Decimal(60)))


def test_the_sample_follows_from_the_blocks_and_is_drawn_again() -> None:
    story, facts = sampled()
    period = period_of(facts, DAY, DAY)
    drawn = sample_of(facts, period, LARGE)
    assert drawn.sample.items == 5
    assert 0 < len(drawn.sample.drawn) <= 5
    asked = request_of(facts, period, drawn)
    assert read_document(json.dumps(asked).encode(), REQUEST) == asked
    more = story
    more.add("shop:LimitRefunds", "p-shop", LATER, shop=SHOP, refund_alone_cents=2)
    drawn_again(facts_of(more), asked)
    picked = {name: member for name, member in asked.items() if name != "sha256"}
    others = [each for each in facts.payments if each not in {item["payment"] for item in asked["items"]}]
    picked["items"] = [{**asked["items"][0], "payment": others[0] if others else "f" * 32}]
    with pytest.raises(DisclosureError, match="not those drawn"):
        drawn_again(facts, sealed(picked))
    elsewhere = {**picked, "items": [{**item, "voucher": "f" * 32} for item in asked["items"]]}
    with pytest.raises(DisclosureError, match="another voucher"):
        drawn_again(facts, sealed(elsewhere))
    with pytest.raises(DisclosureError, match="is about kindpakket on channel winsum"):
        drawn_again(facts, sealed({**picked, "channel": "winsum"}))


def test_the_auditors_number_must_be_the_one_committed_to() -> None:
    facts = sampled()[1]
    period = period_of(facts, DAY, DAY)
    committed = replace(
        LARGE, sampling=Sampling(materiality_percent=Decimal(60), number_commitment=commitment_of(NUMBER))
    )
    drawn = sample_of(facts, period, committed, NUMBER)
    assert drawn.sample.seed != sample_of(facts, period, LARGE).sample.seed
    for settings_, number in ((LARGE, NUMBER), (committed, ""), (committed, "8" * 32)):
        with pytest.raises(LegalityError, match="number"):
            sample_of(facts, period, settings_, number)


def disclosed(asked: dict[str, Any], **changes: Any) -> dict[str, Any]:
    members = {
        "format": "kindpakket-disclosure/1",
        "request_sha256": asked["sha256"],
        "cases": [
            {"payment": item["payment"], "record": case_of(item["voucher"])} for item in asked["items"]
        ],
        "accounts": [{"shop": SHOP, "record": ACCOUNT}],
    }
    return sealed({**members, **changes})


def results(document: dict[str, Any]) -> tuple[set[str], set[str]]:
    return {item["case"] for item in document["items"]}, {item["account"] for item in document["items"]}


def test_disclosed_records_are_compared_with_their_hashes() -> None:
    _, facts = sampled()
    period = period_of(facts, DAY, DAY)
    asked = request_of(facts, period, sample_of(facts, period, LARGE))
    right = check_disclosure(facts, asked, disclosed(asked))
    assert results(right) == ({"matches"}, {"matches"})
    text = json.dumps(right)
    for personal in (ACCOUNT["iban"], ACCOUNT["holder"], case_of(VOUCHER)["case"]):
        assert personal not in text
    other = [
        {"payment": item["payment"], "record": {**case_of(VOUCHER), "case": "Z-9"}} for item in asked["items"]
    ]
    accounts = [{"shop": SHOP, "record": {**ACCOUNT, "iban": "NL02ABNA0123456789"}}]
    assert results(check_disclosure(facts, asked, disclosed(asked, cases=other, accounts=accounts))) == (
        {"differs"},
        {"differs"},
    )
    nothing = check_disclosure(facts, asked, disclosed(asked, cases=[], accounts=[]))
    assert results(nothing) == ({"missing"}, {"missing"})
    with pytest.raises(DisclosureError, match="another request"):
        check_disclosure(facts, asked, disclosed(asked, request_sha256="0" * 64))
    with pytest.raises(DisclosureError, match="lacks a member"):
        check_disclosure(facts, asked, disclosed(asked, accounts=[{"shop": SHOP, "record": {"iban": "x"}}]))


def test_an_account_that_was_changed_since_is_told_apart() -> None:
    story, _ = sampled()
    peer = peer_of(story)
    later = {**ACCOUNT, "iban": "NL02ABNA0123456789", "salt": "e" * 64}
    change = "c1" * 16
    peer.append(
        Asked(
            "shop:ChangeAccount",
            {"request_id": change, "shop": SHOP},
            {f"request/{change}": {"v": 3}},
            at=LATER,
            mspid="WinkelsMSP",
            person="p-shop",
            role="shopkeeper",
            shop=SHOP,
            private={("shopAccounts", f"account/{SHOP}/{change}"): stored(later)},
        )
    )
    approve = {"request_id": "c2" * 16, "shop": SHOP, "change": change}
    written = {f"request/{'c2' * 16}": {"v": 3}}
    peer.append(Asked("shop:ApproveAccount", approve, written, at=LATER, person="p-manager", role="approver"))
    facts = observed(peer)
    period = period_of(facts, DAY, DAY)
    asked = request_of(facts, period, sample_of(facts, period, LARGE))
    changed = check_disclosure(facts, asked, disclosed(asked, accounts=[{"shop": SHOP, "record": later}]))
    assert results(changed) == ({"matches"}, {"changed"})


def test_a_document_that_was_changed_is_refused() -> None:
    document = sealed({"format": CHECKED, "items": []})
    assert read_document(json.dumps(document).encode(), CHECKED) == document
    for content in (
        b"{",
        b"[]",
        json.dumps({**document, "items": [1]}).encode(),
        json.dumps(document).encode(),
    ):
        with pytest.raises(DisclosureError):
            read_document(content, REQUEST if content == json.dumps(document).encode() else CHECKED)


def test_the_sample_is_evaluated_by_hashes_and_by_judgements() -> None:
    _, facts = sampled()
    period = period_of(facts, DAY, DAY)
    drawn = sample_of(facts, period, LARGE)
    asked = request_of(facts, period, drawn)
    hashes = read_checked(check_disclosure(facts, asked, disclosed(asked)), drawn.sample)
    right: dict[Any, Any] = dict.fromkeys((item.id for item in drawn.sample.drawn), "right")
    first = drawn.sample.drawn[0]
    wrong = {**right, first.id: {"error": first.cents // 2, "reason": "another category"}}
    made = {
        name: report(
            facts,
            Inputs("1", sample=drawn, examined=Examined(hashes, read_judgements(judged, drawn.sample))),
            LARGE,
        )
        for name, judged in (("right", right), ("wrong", wrong))
    }
    clean, dirty = (made[name]["sample"]["evaluation"]["error"] for name in ("right", "wrong"))
    assert (clean["most_likely"], clean["limit"]) == (0, 46)
    assert dirty["most_likely"] >= first.cents // 2
    assert dirty["upper_limit"] > clean["upper_limit"] > 0
    assert (made["right"]["verdict"], made["wrong"]["verdict"]) == ("within", "errors")
    untested = made["right"]["not_tested"]
    assert "judgement" not in untested
    assert "entitlement-beyond" in untested
    assert made["wrong"]["sample"]["items"][0]["judgement"]["reason"] == "another category"


def test_records_that_differ_make_the_whole_payment_an_error() -> None:
    _, facts = sampled()
    sample = sample_of(facts, period_of(facts, DAY, DAY), LARGE).sample
    first, *rest = sample.drawn
    hashes = {first.id: ("differs", "matches"), **{item.id: ("matches", "missing") for item in rest}}
    examined = Examined(hashes, {})
    assert examined.wrong(sample, "error") == {first.id: first.cents}
    assert examined.wrong(sample, "uncertainty") == {item.id: item.cents for item in rest}


@pytest.mark.parametrize(
    ("judgement", "sentence"),
    [
        ("wrong", "must be judged right"),
        ({"error": 1, "uncertainty": 1, "reason": "x"}, "must be judged right"),
        ({"error": 0, "reason": "x"}, "it must be 1 to"),
        ({"error": 10**9, "reason": "x"}, "it must be 1 to"),
        ({"error": 1}, "needs a reason"),
        (None, "must be judged right"),
    ],
)
def test_a_judgement_must_be_one(judgement: Any, sentence: str) -> None:
    _, facts = sampled()
    sample = sample_of(facts, period_of(facts, DAY, DAY), LARGE).sample
    right: dict[Any, Any] = dict.fromkeys((item.id for item in sample.drawn), "right")
    with pytest.raises(LegalityError, match=sentence):
        read_judgements({**right, sample.drawn[0].id: judgement}, sample)
    with pytest.raises(LegalityError, match="is not in the sample"):
        read_judgements({**right, "f" * 32: "right"}, sample)
    right.pop(sample.drawn[0].id)
    with pytest.raises(LegalityError, match="has no judgement"):
        read_judgements(right, sample)


def test_evidence_names_proof_rules_persons_and_the_lines_of_the_bank() -> None:
    booklet = Booklet.generate(8)
    story = opened(booklet)
    story.pay(("toys", 1500), page=2)
    closed(story)
    settlement = settled(story)
    facts = facts_of(story)
    drawn = sample_of(facts, period_of(facts, DAY, DAY), LARGE)
    trace = BankTrace(settlement, "abc", "line 7", 1500, "2026-03-12", "a" * 64)
    bank = BankFiles(("a" * 64,), (), (trace,), ())
    (item,) = report(facts, Inputs("1", sample=drawn, bank=bank), LARGE)["sample"]["items"]
    assert item["proof"]["page"] == 2
    assert (
        item["proof"]["bound_to"]
        == f"8 pages, root {booklet.root.hex() if isinstance(booklet.root, bytes) else booklet.root}"
    )
    assert item["rules"]["payment_cap_cents"] == 25_000
    assert item["settlement"]["orders"][0]["place"] == "line 7"
    assert item["settlement"]["bank_lines"] == []
    assert [item["settlement"][step]["person"] for step in ("drafted", "approved", "exported", "booked")] == [
        "p-treasurer",
        "p-manager",
        "p-treasurer",
        "p-treasurer",
    ]


# persons, patterns, lateness, proposals


def test_who_approves_whom_and_whether_it_is_always_the_same_pair() -> None:
    story = paid()
    closed(story)
    settled(story)
    few = {
        (pair["kind"], pair["first"], pair["second"]): pair for pair in report(facts_of(story))["four_eyes"]
    }
    assert few["allocation:Approve", "p-clerk", "p-manager"]["cents"] == 30_000
    assert few["voucher:Activate", "p-clerk", "p-manager"]["signal"] is False
    strict = replace(SETTINGS, signals=Signals(same_pair_least=1))
    pairs = legality(facts_of(story), period_of(facts_of(story), *YEAR), strict, Inputs("1"))["four_eyes"]
    by_kind = {pair["kind"]: pair for pair in pairs}
    assert by_kind["settlement:Approve"]["signal"] is True
    assert by_kind["settlement:Approve"]["mutual"] is True
    assert by_kind["scheme:Approve"]["alone"] is False


def test_one_person_who_takes_both_steps_is_seen() -> None:
    pairs = report(facts_of(allocation_approved_by_who_proposed_it()))["four_eyes"]
    assert [pair["kind"] for pair in pairs if pair["alone"]] == ["allocation:Approve"]


def test_roles_and_their_changes() -> None:
    story = paid()
    story.requests.append(replace(story.requests[-1], person="p-clerk", role="approver", mspid="GemeenteMSP"))
    roles = {(each["person"], each["role"]): each for each in report(facts_of(story))["roles"]}
    assert roles["p-clerk", "issuer"]["other_roles"] == ["approver"]
    assert roles["p-manager", "approver"]["other_roles"] == []
    assert roles["WinkelsMSP/p-shop", "shopkeeper"]["shop"] == SHOP


def test_patterns_signal_what_is_worth_a_look() -> None:
    story = opened()
    for minute in range(12):
        story.pay(("toys", 500), at=NOON + 30 * minute)
    story.pay(("toys", 777), at=NOON + SECONDS_OF_A_DAY - 10 * 3600)
    facts = facts_of(story)
    made = legality(facts, period_of(facts, *YEAR), SETTINGS, Inputs("1"))["patterns"]
    (shop,) = made["shops"]
    assert shop["signals"] == ("concentration", "round", "night", "busy")
    assert (shop["payments"], shop["round_amounts"], shop["at_night"], shop["busiest"]) == (13, 12, 1, 12)
    assert (made["hours"][12], made["hours"][2], made["pairs"]) == (12, 1, (VOUCHER, SHOP, DAY, 12))
    quiet = opened()
    quiet.pay(("toys", 777))
    facts = facts_of(quiet)
    (shop,) = legality(facts, period_of(facts, *YEAR), SETTINGS, Inputs("1"))["patterns"]["shops"]
    assert shop["signals"] == ("concentration",)


def test_the_last_days_of_a_scheme_are_looked_at_apart() -> None:
    story = opened(ends_on="2026-03-15")
    for _ in range(10):
        story.pay(("toys", 501))
    (shop,) = report(facts_of(story))["patterns"]["shops"]
    assert (shop["last_days"], "last-days" in shop["signals"]) == (10, True)


def test_late_settlements_are_measured_to_the_value_date() -> None:
    story = paid()
    closed(story)
    settled(story)
    late = report(facts_of(story), settings=replace(SETTINGS, settlement_days=1))["late"]
    assert (late["paid"], late["median"], late["longest"]) == (1, 2, 2)
    assert [(each["days"], each["paid"]) for each in late["late"]] == [(2, True)]
    assert report(facts_of(story))["late"]["late"] == ()


def test_what_is_not_paid_yet_is_late_after_the_norm() -> None:
    story = paid()
    story.add("scheme:CloseDay", "p-treasurer", NOON + 40 * SECONDS_OF_A_DAY, scheme=SCHEME, day="2026-04-18")
    (late,) = report(facts_of(story))["late"]["late"]
    assert (late["days"], late["paid"], late["settlement"]) == (40, False, "")


def test_proposals_that_came_to_nothing_are_listed() -> None:
    story = paid()
    rejected = story.add("scheme:ProposeBudget", scheme=SCHEME, add_cents=100, reason="council")
    story.add("scheme:RejectChange", "p-manager", scheme=SCHEME, change=rejected, reason="no")
    waiting = story.add("scheme:ProposeClosing", scheme=SCHEME, reason="council")
    found = {each["id"]: each["state"] for each in report(facts_of(story))["proposals"]}
    assert found == {rejected: "rejected", waiting: "waiting"}
    story.add("scheme:CloseDay", "p-treasurer", NOON + 40 * SECONDS_OF_A_DAY, scheme=SCHEME, day=DAY)
    assert {each["state"] for each in report(facts_of(story))["proposals"]} == {"rejected", "expired"}


def test_transactions_without_effect_are_added_up() -> None:
    peer = peer_of(paid())
    for number in range(2):
        overtaken = {"request_id": f"{number:032x}"}
        peer.append(Asked("payment:Pay", overtaken, {}, at=NOON, person="p-shop", code="MVCC_READ_CONFLICT"))
    (undone,) = report(observed(peer))["undone"]
    assert (undone["times"], undone["overtaken"], undone["operation"]) == (2, True, "payment:Pay")


def test_a_broken_chain_is_told() -> None:
    peer = peer_of(paid())
    peer.messages[5].header.previous_hash = b"x"
    assert report(observed(peer))["source"]["flaws"] != []


def test_what_was_not_tested_is_exact() -> None:
    facts = facts_of(paid())
    assert report(facts)["not_tested"] == [
        *("signatures", "entitlement", "judgement", "payment-files", "statements"),
        *("identity", "delivery", "prices", "collusion"),
    ]
    bank = BankFiles(("a" * 64,), ("b" * 64,))
    given = report(facts, Inputs("1", findings=read_findings(json.dumps(VERIFIED).encode()), bank=bank))[
        "not_tested"
    ]
    assert Counter(given) == Counter(
        ["findings-file", "entitlement", "judgement", "identity", "delivery", "prices", "collusion"]
    )
