"""Payment files: valid, the same each time, and never half right."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from kindpakket.backoffice.sepa import (
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


def make(transfers: list[CreditTransfer] = TRANSFERS, debtor: Debtor = DEBTOR) -> PaymentFile:
    return payment_file(
        debtor,
        transfers,
        created_at=datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
        execution_date=date(2026, 11, 25),
    )


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
        ([replace(TRANSFERS[0], settlement="x" * 36)], "not valid pain.001.001.09"),
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
