"""Refusals come as exceptions of their own, made from the chaincode's table."""

import importlib.util
import json
import pickle
from pathlib import Path
from types import ModuleType

import pytest

from kindpakket.ledger import refusals
from kindpakket.ledger.refusals import Refusal, VoucherExpired, parse

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "chaincode" / "rules" / "refusals.json"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generator", ROOT / "tools" / "generate_refusals.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_module_is_what_the_table_says() -> None:
    expected = generator().generate(TABLE.read_text("utf-8"))
    assert Path(refusals.__file__).read_text("utf-8") == expected, "run python tools/generate_refusals.py"


def test_every_code_has_a_class_with_its_meaning() -> None:
    table = json.loads(TABLE.read_text("utf-8"))
    assert set(Refusal.by_code) == {entry["code"] for entry in table}
    for entry in table:
        message = " ".join((Refusal.by_code[entry["code"]].__doc__ or "").split())
        assert message == entry["meaning"]


def test_a_message_becomes_an_instance_of_its_class() -> None:
    refusal = parse('VOUCHER_EXPIRED: voucher 3f expired on 2026-12-31 {"ends_at":1798758000}', "tx-1")
    assert type(refusal) is VoucherExpired
    assert refusal.code == "VOUCHER_EXPIRED"
    assert refusal.sentence == "voucher 3f expired on 2026-12-31"
    assert refusal.details == {"ends_at": 1798758000}
    assert refusal.transaction_id == "tx-1"
    assert str(refusal) == "VOUCHER_EXPIRED: voucher 3f expired on 2026-12-31"


def test_a_code_of_a_newer_chaincode_is_a_plain_refusal() -> None:
    refusal = parse("BRAND_NEW: something {}")
    assert type(refusal) is Refusal
    assert refusal.code == "BRAND_NEW"


@pytest.mark.parametrize(
    "message",
    [
        "",
        "the chaincode has a defect",
        "VOUCHER_EXPIRED: no details",
        "VOUCHER_EXPIRED: x {not json}",
        "a: b {}",
    ],
)
def test_other_words_are_no_refusal(message: str) -> None:
    assert parse(message) is None


def test_a_refusal_survives_pickling() -> None:
    refusal = parse('INSUFFICIENT_BALANCE: too much {"cents":5}', "tx")
    again = pickle.loads(pickle.dumps(refusal))  # noqa: S301
    assert isinstance(again, Refusal)
    assert type(again) is type(refusal)
    assert (again.details, again.transaction_id) == ({"cents": 5}, "tx")
