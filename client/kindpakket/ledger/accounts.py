"""The digest of a shop's account, as the ledger has it."""

from __future__ import annotations

import hashlib
import json

from kindpakket.ledger.records.shops import ShopAccount

_LAYOUT = 1
"""Layout of private records (`chaincode/contract/store.go`)."""


def account_digest(account: ShopAccount) -> str:
    """SHA-256 of the private record of an account, in hexadecimal: what shops and settlements name it by."""
    record = {
        "v": _LAYOUT,
        "iban": account["iban"],
        "holder": account["holder"],
        "kvk": account["kvk"],
        "contact": account["contact"],
        "salt": account["salt"],
    }
    return hashlib.sha256(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
