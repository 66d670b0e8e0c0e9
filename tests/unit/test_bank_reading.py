"""Files of the bank are read strictly, and hostile ones are refused with one sentence that quotes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from bank_files import ACCOUNT, SHOPS, Detail, Entry, Page, camt053, pain002, payments, settlement, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from kindpakket.backoffice.bank import documents
from kindpakket.backoffice.bank.errors import BankFileError
from kindpakket.backoffice.bank.files import read_bytes, read_file
from kindpakket.backoffice.bank.orders import read_orders
from kindpakket.backoffice.bank.reports import latest, verifications

FULL = Page(
    [
        Entry(-1225, [Detail(1200, settlement(1), "G", "M", SHOPS[0], charges=25)], "R1"),
        Entry(4500, [Detail(4500, settlement(2), reason="AC04", account=SHOPS[1])], "R2", reversal=True),
        Entry(-700, [Detail(None, settlement(3)), Detail(None, "NOTPROVIDED")], batch=("M", "G", 2)),
        Entry(-99999, status="PDNG"),
    ]
)


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_statement_says_the_same_in_both_versions(version: str) -> None:
    content = camt053(FULL, version=version)
    validate(content)
    (statement,) = read_bytes(content).statements
    assert (statement.opening, statement.closing, statement.entries, statement.pending) == (
        1000000,
        1002575,
        3,
        1,
    )
    first, charge, back, whole = statement.lines
    assert (first.cents, first.end_to_end, first.payment_id, first.message_id) == (
        -1200,
        settlement(1),
        "G",
        "M",
    )
    assert (first.account, first.bank_reference, str(first.value_date)) == (SHOPS[0], "R1", "2026-11-25")
    assert (charge.cents, charge.charges, charge.end_to_end) == (-25, True, "")
    assert (back.cents, back.returned, back.reversal, back.reason, back.account) == (
        4500,
        True,
        True,
        "AC04",
        SHOPS[1],
    )
    assert (whole.cents, whole.count, whole.named, whole.payment_id) == (-700, 2, (settlement(3),), "G")
    assert statement.lines[1].row > 1


def test_accounts_do_not_show() -> None:
    (statement,) = read_bytes(camt053(FULL)).statements
    orders = read_orders(payments([100]).content)
    shown = f"{statement!r} {statement.where} {statement.lines!r} {orders!r}"
    assert not any(account in shown for account in (ACCOUNT, *SHOPS))


def broken(old: str, new: str) -> bytes:
    content = camt053(FULL).decode()
    assert old in content
    return content.replace(old, new).encode()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("12.25", "12.250", "not an amount"),
        ("12.25", "1.225E1", "not an amount"),
        ("12.25", "-12.25", "not an amount"),
        ("12.25", "1225,00", "not an amount"),
        ("12.25", "\u0661", "not an amount"),
        ("12.25", "12.26", "it is incomplete"),
        ('<Amt Ccy="EUR">12.25', '<Amt Ccy="USD">12.25', "not in EUR"),
        ("<Ccy>EUR</Ccy>", "<Ccy>CHF</Ccy>", "not in euros"),
        ("<CdtDbtInd>CRDT</CdtDbtInd>", "<CdtDbtInd>PLUS</CdtDbtInd>", "neither CRDT nor DBIT"),
        ("<Dt>2026-11-24</Dt>", "<Dt>24-11-2026</Dt>", "not a day"),
        ("<Dt>2026-11-24</Dt>", "<Dt>2026-W48-2</Dt>", "not a day"),
        ("<Dt>2026-11-24</Dt>", "<Dt>2026-02-30</Dt>", "not a day"),
        ("<Cd>OPBD</Cd>", "<Cd>XXXX</Cd>", "no opening balance"),
        (f"<IBAN>{ACCOUNT}</IBAN>", "<Othr><Id>1</Id></Othr>", "no Acct/Id/IBAN"),
        ("<ElctrncSeqNb>1<", "<ElctrncSeqNb>one<", "not a number"),
        ("camt.053.001.08", "camt.053.001.99", "version 99 of camt.053 is not known"),
        ("camt.053.001.08", "camt.086.001.01", "not a file of a kind that is read"),
        ("urn:iso:std", "urn:iso:other", "by its namespace"),
        ("<Ntry>", '<Ntry xmlns="urn:else">', "not of the file's namespace"),
        ("<Document", "<!DOCTYPE Document><Document", "declares a document type"),
        ("</Stmt>", "", "not XML that can be read"),
        ("<AcctSvcrRef>R1", "<AcctSvcrRef>&e;", "not XML that can be read"),
    ],
)
def test_what_is_not_right_is_one_error_with_its_line(old: str, new: str, reason: str) -> None:
    with pytest.raises(BankFileError, match=reason) as refused:
        read_bytes(broken(old, new), "s.xml")
    message = str(refused.value)
    assert message.startswith("s.xml cannot be used, ")
    assert "\n  line " in message
    assert not any(account in message for account in (ACCOUNT, *SHOPS))


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BankFileError) as refused:
        read_bytes(camt053(Page([Entry(-1)], currency="USD"), Page([Entry(-1)], closing=5)))
    assert len(refused.value.mistakes) > 2


def test_entities_are_never_expanded_and_nothing_outside_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("1.00")
    nested = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for declaration in (
        f'<!DOCTYPE d [<!ENTITY e SYSTEM "{secret.as_uri()}">]>',
        f'<!DOCTYPE d [<!ENTITY l0 "ha">{nested}<!ENTITY e "&l11;">]>',
        '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">',
    ):
        content = broken("<Document", f"{declaration}<Document").replace(
            b"<AcctSvcrRef>R1", b"<AcctSvcrRef>&e;"
        )
        for encoded in (content, content.replace(b' encoding="UTF-8"', b"").decode().encode("utf-16")):
            with pytest.raises(BankFileError, match=r"declares a document type|not XML that can be read"):
                read_bytes(encoded)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kindpakket.backoffice.bank.files.MAX_BYTES", 1000)
    monkeypatch.setattr(documents, "MAX_BYTES", 1000)
    path = tmp_path / "large.xml"
    path.write_bytes(camt053(FULL))
    with pytest.raises(BankFileError, match="ask the bank for shorter periods"):
        read_file(path)


@pytest.mark.parametrize(
    "content", [b":20:STARTUMSE\r\n:25:ABNANL2A/1\r\n:60F:C1", b"{1:F01ABNANL2AAXXX}{2:", b"\n:20:X\n:61:26"]
)
def test_mt940_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(BankFileError, match=r"this is MT940, .* ask the bank for camt\.053"):
        read_bytes(content)


@pytest.mark.parametrize("kind", ["camt.052", "camt.054"])
def test_intraday_reports_and_notifications_are_recognised(kind: str) -> None:
    content = f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{kind}.001.08"><X/></Document>'
    file = read_bytes(content.encode())
    assert (file.kind, file.statements) == (kind, ())
    assert "use the statement (camt.053)" in file.note


def test_days_have_time_zones_or_not() -> None:
    for written, day in (
        ("<Dt>2026-11-24+01:00</Dt>", "2026-11-24"),
        ("<DtTm>2026-11-23T23:30:00Z</DtTm>", "2026-11-24"),
        ("<DtTm>2026-11-24T00:30:00</DtTm>", "2026-11-24"),
    ):
        (statement,) = read_bytes(broken("<Dt>2026-11-24</Dt>", written)).statements
        assert str(statement.opened_on) == day


def test_a_status_report_tells_accepted_from_rejected() -> None:
    content = pain002(
        "M", file="PART", payments=[(settlement(1), "ACSC", ""), (settlement(2), "RJCT", "AC04")]
    )
    validate(content)
    answers = read_bytes(content).answers
    assert [(a.settlement, a.standing, a.reason) for a in answers] == [
        ("", "pending", ""),
        (settlement(1), "accepted", ""),
        (settlement(2), "rejected", "AC04"),
    ]
    later = pain002("M", payments=[(settlement(1), "RJCT", "AM04")], created_at="2026-11-26T08:00:00+01:00")
    both = [*read_bytes(later).answers, *answers]
    assert latest(both)[settlement(1)].reason == latest(reversed(both))[settlement(1)].reason == "AM04"


def test_verifications_of_the_payee_are_kept_for_each_shop() -> None:
    shops = {settlement(number): f"shop-{number}" for number in range(1, 5)}
    codes = ("RCVC", "RVMC", "RVNM", "RVNA")
    content = pain002(
        "M", file="RVCM", payments=[(settlement(n), code, "") for n, code in enumerate(codes, 1)]
    )
    answers = read_bytes(content.replace(b"001.03", b"001.10")).answers
    assert dict(verifications(answers, shops)) == {
        "shop-1": "match",
        "shop-2": "close-match",
        "shop-3": "no-match",
        "shop-4": "not-possible",
    }
    assert latest(answers) == {}


@pytest.mark.parametrize("layout", [1, 2])
def test_a_payment_file_is_read_back(layout: int) -> None:
    made = payments([1200, 3450], layout=layout)
    orders = read_orders(made.content, "p.xml")
    assert [(order.settlement, order.cents) for order in orders] == [
        (settlement(1), 1200),
        (settlement(2), 3450),
    ]
    assert {order.file_sha256 for order in orders} == {made.sha256}
    assert {order.message_id for order in orders} == {made.message_id}
    assert (str(orders[0].day), orders[0].account, orders[0].debtor) == ("2026-11-25", SHOPS[1], ACCOUNT)
    changed = made.content.replace(b"12.00", b"12.01")
    with pytest.raises(BankFileError, match="CtrlSum is not the sum"):
        read_orders(changed)
    with pytest.raises(BankFileError, match=r"camt\.053, not a payment file"):
        read_orders(camt053(FULL))


WHOLE = camt053(FULL)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_adds_up(data: st.DataObject) -> None:
    """Whatever bytes are put into it; what is read still leads from one balance to the other."""
    start = data.draw(st.integers(0, len(WHOLE)))
    end = data.draw(st.integers(start, min(len(WHOLE), start + 30)))
    put = data.draw(
        st.binary(max_size=8) | st.sampled_from([b"1", b".", b"-", b"<", b"CRDT", b"&lt;", b"9" * 30])
    )
    try:
        statements = read_bytes(WHOLE[:start] + put + WHOLE[end:]).statements
    except BankFileError as error:
        assert not any(account in str(error) for account in (ACCOUNT, *SHOPS))
        return
    for statement in statements:
        assert statement.opening + sum(line.cents for line in statement.lines) == statement.closing


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_what_is_not_a_file_of_a_bank_is_refused(content: bytes) -> None:
    with pytest.raises(BankFileError):
        read_bytes(content)
