"""Compares what the municipality disclosed with the hashes that the blocks have of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kindpakket.auditor.disclosure.documents import CHECKED, DisclosureError, sealed
from kindpakket.auditor.legality.checks import settlements_by_item
from kindpakket.auditor.legality.facts import Facts
from kindpakket.ledger.accounts import account_digest
from kindpakket.ledger.cases import account_keys, case_digest, case_key, hash_of_key


def check_disclosure(
    facts: Facts, request: Mapping[str, Any], disclosure: Mapping[str, Any]
) -> dict[str, Any]:
    """Check each disclosed record. The result contains no personal data.

    For each payment, `case` is `matches`, `differs` or `missing`. `account` is that of the account to which
    it was paid out: `matches`, `differs`, `changed` if what was disclosed is another account that the blocks
    have of the shop, `missing`, or `unpaid` if no payment file has it yet.

    Args:
        facts: what is in the auditor's blocks.
        request: the request.
        disclosure: what the municipality gave.

    Raises:
        DisclosureError: the disclosure belongs to another request, or a record in it is incomplete.
    """
    if disclosure["request_sha256"] != request["sha256"]:
        raise DisclosureError("the disclosure answers another request: its request_sha256 is another")
    cases = {case["payment"]: case.get("record") for case in disclosure["cases"]}
    accounts = {account["shop"]: account.get("record") for account in disclosure["accounts"]}
    settlements = settlements_by_item(facts)
    items = []
    for item in request["items"]:
        settlement = settlements.get(item["payment"])
        paid_to = settlement.account_hash if settlement is not None and settlement.exported else None
        unpaid = settlement is None or settlement.exported is None
        items.append(
            {
                "payment": item["payment"],
                "voucher": item["voucher"],
                "case": _case(facts, item, cases.get(item["payment"])),
                "account": "unpaid" if unpaid else _account(facts, item, accounts.get(item["shop"]), paid_to),
            }
        )
    return sealed(
        {
            "format": CHECKED,
            "channel": facts.channel,
            "chaincode": facts.chaincode,
            "request_sha256": request["sha256"],
            "disclosure_sha256": disclosure["sha256"],
            "seed": request["seed"],
            "items": items,
        }
    )


def _case(facts: Facts, item: Mapping[str, Any], record: Mapping[str, str] | None) -> str:
    if record is None:
        return "missing"
    hashes = facts.private.get(hash_of_key(case_key(item["scheme"], item["voucher"])), [])
    try:
        digest = case_digest({"voucher": record["voucher"], "case": record["case"], "salt": record["salt"]})
    except (KeyError, TypeError):
        raise DisclosureError(f"the case of payment {item['payment']} lacks a member") from None
    return "matches" if digest in hashes and record["voucher"] == item["voucher"] else "differs"


def _account(
    facts: Facts, item: Mapping[str, Any], record: Mapping[str, str] | None, paid_to: str | None
) -> str:
    if record is None:
        return "missing"
    try:
        digest = account_digest(
            {
                "iban": record["iban"],
                "holder": record["holder"],
                "kvk": record["kvk"],
                "contact": record["contact"],
                "salt": record["salt"],
            }
        )
    except (KeyError, TypeError):
        raise DisclosureError(f"the account of shop {item['shop']} lacks a member") from None
    if digest == paid_to:
        return "matches"
    changes = tuple(facts.shops.get(item["shop"], {}).get("accounts", ()))
    known = {
        hash_
        for key in account_keys(item["shop"], changes)
        for hash_ in facts.private.get(hash_of_key(key), [])
    }
    return "changed" if digest in known else "differs"
