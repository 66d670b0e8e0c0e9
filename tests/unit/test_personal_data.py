"""Personal values are found in blocks in whatever form they got there."""

import base64
import hashlib

import pytest

from fabric_gateway.blocks import Block, BlockTransaction
from fabric_gateway.testing import make_identity
from kindpakket.auditor.personal_data import PersonalDataScan


def block(content: bytes) -> Block:
    transaction = BlockTransaction(5, "VALID", content, index=0)
    return Block(5, b"", b"", b"", b"", (transaction,), (b"metadata",))


def forms(scan: PersonalDataScan, content: bytes) -> list[tuple[str, str]]:
    return [(trace.form, trace.value) for trace in scan.traces(block(content))]


SCAN = PersonalDataScan(["999990019", "Fenna van der Veen", "NL91ABNA0417164300", "Zoë Dijkstra"])


def test_clean_blocks_have_no_traces() -> None:
    assert forms(SCAN, b'{"scheme":"aaaa"}') == []


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"note":"999990019"}', "999990019"),
        (b"xx999990019yy", "999990019"),
        (b"FENNA VAN DER VEEN", "Fenna van der Veen"),
        ("zoË dijkstra".encode(), "Zoë Dijkstra"),
        (b"\x00\xff NL91ABNA0417164300", "NL91ABNA0417164300"),
    ],
)
def test_text_is_found_whatever_its_case(content: bytes, value: str) -> None:
    assert forms(SCAN, content) == [("text", value)]


@pytest.mark.parametrize("form", ["bytes", "hex", "base64"])
def test_unsalted_hashes_are_found(form: str) -> None:
    digest = hashlib.sha256(b"999990019").digest()
    content = {"bytes": digest, "hex": digest.hex().encode(), "base64": base64.b64encode(digest)}[form]
    assert forms(SCAN, b"xx" + content + b"yy") == [("SHA-256", "999990019")]


def test_digits_within_a_random_id_are_no_bsn() -> None:
    assert forms(SCAN, b'"ab999990019cdef0123456789abcdef0"') == []
    assert forms(SCAN, b'"ab999990019cdef0123456789abcdef0" 999990019') == [("text", "999990019")]


def test_names_in_certificates_are_found() -> None:
    pem = make_identity(name="Fenna van der Veen").certificate_pem
    assert b"Fenna" not in pem
    assert forms(SCAN, b"creator" + pem) == [("text", "Fenna van der Veen")]


def test_values_that_would_be_found_by_accident_are_refused() -> None:
    with pytest.raises(ValueError, match="'Bos' is too short"):
        PersonalDataScan(["Bos"])
