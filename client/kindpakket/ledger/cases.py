"""Case records, which say to which case a voucher belongs. They are private; blocks have their hashes."""

from __future__ import annotations

import hashlib
import json

from kindpakket.ledger.records import CaseRecord

_LAYOUT = 1
"""Layout of private records (`chaincode/contract/store.go`)."""


def case_key(scheme: str, voucher: str) -> str:
    """The key of a voucher's case record in the collection `citizens` (`chaincode/contract/keys.go`)."""
    return f"case/{scheme}/{voucher}"


def account_keys(shop: str, accounts: tuple[str, ...] = ()) -> list[str]:
    """The keys of a shop's account records in `shopAccounts`: that of its application, then later ones."""
    return [f"account/{shop}", *(f"account/{shop}/{change}" for change in accounts)]


def case_digest(record: CaseRecord) -> str:
    """SHA-256 of a case record, in hexadecimal: what the blocks have of it."""
    stored = {"v": _LAYOUT, "voucher": record["voucher"], "case": record["case"], "salt": record["salt"]}
    return hashlib.sha256(json.dumps(stored, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def hash_of_key(key: str) -> str:
    """SHA-256 of a private key, in hexadecimal: what the blocks have in its place."""
    return hashlib.sha256(key.encode()).hexdigest()
