"""Payment files: valid, the same each time, and never half right."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from kindpakket.backoffice.sepa import (
    SCHEMAS,
    CreditTransfer,
    Debtor,
    PaymentFile,
    PaymentFileError,
    payment_file,
)

DEBTOR = Debtor("Gemeente Zuidhorn", "NL91ABNA0417164300", "ABNANL2A")
TRANSFERS = [
    CreditTransfer(
        "b" * 32, "Fietsenmaker Düll", "NL20INGB0001234567", 12_345, "Kindpakket, days to 2026-11-24"
    ),
    CreditTransfer("a" * 32, "Boekhandel", "NL02ABNA0123456789", 5, "Kindpakket, days to 2026-11-24"),
]
NS = {"": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


def make(
    transfers: list[CreditTransfer] = TRANSFERS,
    debtor: Debtor = DEBTOR,
    *,
    day: date = date(2026, 11, 25),
    **members: Any,
) -> PaymentFile:
    created_at = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    return payment_file(debtor, transfers, created_at=created_at, execution_date=day, **members)


def test_the_file_says_what_is_paid() -> None:
    made = make()
    root = ET.fromstring(made.content)
    header = root.find("CstmrCdtTrfInitn/GrpHdr", NS)
    assert header is not None
    assert header.findtext("NbOfTxs", None, NS) == "2"
    assert header.findtext("CtrlSum", None, NS) == "123.50"
    assert (made.cents, made.payments) == (12_350, 2)
    paid = [
        (
            entry.findtext("PmtId/EndToEndId", None, NS),
            entry.findtext("Amt/InstdAmt", None, NS),
            entry.findtext("CdtrAcct/Id/IBAN", None, NS),
        )
        for entry in root.iter(f"{{{NS['']}}}CdtTrfTxInf")
    ]
    assert paid == [("a" * 32, "0.05", "NL02ABNA0123456789"), ("b" * 32, "123.45", "NL20INGB0001234567")]
    assert {entry.text for entry in root.iter(f"{{{NS['']}}}BtchBookg")} == {"false"}


def test_the_same_settlements_give_the_same_bytes_in_any_order() -> None:
    assert make() == make(list(reversed(TRANSFERS)))


def test_another_amount_gives_another_message_id() -> None:
    assert make().message_id != make([replace(TRANSFERS[0], cents=1), TRANSFERS[1]]).message_id


@pytest.mark.parametrize(
    ("transfers", "expected"),
    [
        ([], "no settlement"),
        ([TRANSFERS[0], TRANSFERS[0]], "appears twice"),
        ([replace(TRANSFERS[0], cents=0)], "above zero"),
        ([replace(TRANSFERS[0], iban="NL20INGB0001234568")], "IBAN is invalid"),
        ([replace(TRANSFERS[0], name="")], "it must have 1 to 70"),
        ([replace(TRANSFERS[0], settlement="x" * 36)], "the id must have 1 to 35"),
        ([replace(TRANSFERS[0], settlement="/x")], "without slashes at its ends"),
        ([replace(TRANSFERS[0], cents=10**11)], "at most 99999999999"),
        ([replace(TRANSFERS[0], name="☃☃")], "can be written in the SEPA character set"),
        ([replace(TRANSFERS[0], text="x" * 141)], "the remittance text has 141 characters"),
        ([replace(TRANSFERS[0], text="")], "the remittance text has 0 characters"),
    ],
)
def test_what_cannot_be_paid_is_refused(transfers: list[CreditTransfer], expected: str) -> None:
    with pytest.raises(PaymentFileError, match=expected):
        make(transfers)


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(PaymentFileError, match="time zone"):
        payment_file(
            DEBTOR, TRANSFERS, created_at=datetime(2026, 11, 24, 12, 0), execution_date=date(2026, 11, 25)
        )


@pytest.mark.parametrize(
    ("members", "sha256"),
    [
        ({"layout": 1}, "092d8b32b2a7b5a198d7bea0b955ff36a101f3f246e2b01de21c9d5adcc9166a"),
        ({}, "837f8d619e364f5f7de3b84fa89c5581738fd12998ae75ce0af47d365b6f674a"),
        ({"schema": "pain.001.001.03"}, "f2ddafc3a8234c74b83cb23b05feb757e68f51c1a32593ff9277da11caa0af76"),
    ],
)
def test_a_hash_on_the_ledger_can_always_be_recomputed(members: dict[str, Any], sha256: str) -> None:
    """The first one was made by version 0.4. If one changes, nobody can show that a hash is right."""
    assert make(**members).sha256 == sha256


def test_all_payments_of_an_account_and_a_day_are_one_group() -> None:
    for schema in SCHEMAS:
        for batch_booking in (False, True):
            made = make(schema=schema, batch_booking=batch_booking)
            namespace = {"": f"urn:iso:std:iso:20022:tech:xsd:{schema}"}
            (group,) = ET.fromstring(made.content).findall("CstmrCdtTrfInitn/PmtInf", namespace)
            assert group.findtext("PmtInfId", None, namespace) == f"{made.message_id}-1"
            assert group.findtext("NbOfTxs", None, namespace) == "2"
            assert group.findtext("BtchBookg", None, namespace) == str(batch_booking).lower()
            assert len(group.findall("CdtTrfTxInf", namespace)) == 2
            assert b"PstlAdr" not in made.content


def test_names_and_texts_are_in_the_sepa_character_set() -> None:
    shop = replace(TRANSFERS[0], name="Café 't Hoekje & Zn.", text="Kinderpakket “2026” — Łódź")
    made = make([shop], replace(DEBTOR, name="Gemeente Súdwest-Fryslân"))
    names = [name.text for name in ET.fromstring(made.content).iter(f"{{{NS['']}}}Nm")]
    assert names == ["Gemeente Sudwest-Fryslan", "Gemeente Sudwest-Fryslan", "Cafe 't Hoekje + Zn."]
    assert b"<Ustrd>Kinderpakket '2026' - Lodz</Ustrd>" in made.content
    assert make([replace(shop, name="ß" * 70)]).content.count(b"s" * 70) == 1


def test_no_bank_pays_on_a_day_on_which_target_is_closed() -> None:
    with pytest.raises(PaymentFileError, match="2026-04-03, Good Friday: the next day is 2026-04-07"):
        make(day=date(2026, 4, 3))


def test_all_mistakes_are_told_at_once_without_names_and_accounts() -> None:
    wrong = [replace(TRANSFERS[0], cents=0, iban="NL20INGB0001234568"), replace(TRANSFERS[1], name="")]
    with pytest.raises(PaymentFileError) as refused:
        make(wrong, replace(DEBTOR, bic="?"), day=date(2026, 12, 25))
    assert len(refused.value.mistakes) == 4
    with pytest.raises(PaymentFileError, match=r"not valid pain.001.001.09: see /Document") as invalid:
        make(debtor=replace(DEBTOR, bic="not a BIC"))
    for error in (refused, invalid):
        assert not any(text in str(error.value) for text in ("INGB", "Düll", "Zuidhorn", "ABNA"))


def test_another_layout_is_refused() -> None:
    for members in ({"layout": 3}, {"layout": 1, "batch_booking": True}, {"schema": "pain.001.001.02"}):
        with pytest.raises(PaymentFileError, match="is not known"):
            make(**members)
