"""Personal data and private records in places that every member of the channel stores."""

from __future__ import annotations

import json
from typing import Any

from ground import Ground
from table import Attempt, case

from kindpakket.ledger.caller import Ledger
from kindpakket.ledger.ids import new_id, new_salt
from kindpakket.ledger.records import CaseRecord
from kindpakket_demo.schemes import PRESET

PERSONAL = {
    "a BSN": "111222333",
    "a BSN with dots": "1112.22.333",
    "a BSN with spaces": "111 222 333",
    "an e-mail address": "someone@example.org",
    "an IBAN": "NL91ABNA0417164300",
    "an IBAN in lower case with spaces": "nl91 abna 0417 1643 00",
}


@case(15, "anyone", "gives {} as a reason", "PERSONAL_DATA_REFUSED", each=PERSONAL)
def personal_reason(ground: Ground, text: str) -> Attempt:
    wallet = ground.wallet()
    return lambda: ground.desk.clerk.vouchers.block(ground.scheme, wallet.voucher, text)


@case(15, "anyone", "gives {} as the name of a scheme", "PERSONAL_DATA_REFUSED", each=PERSONAL)
def personal_name(ground: Ground, text: str) -> Attempt:
    return lambda: ground.desk.clerk.schemes.draft(ground.props.rules(name=text), 1_000)


@case(15, "anyone", "gives {} as the name of a member", "PERSONAL_DATA_REFUSED", each=PERSONAL)
def personal_member(ground: Ground, text: str) -> Attempt:
    return lambda: ground.write(
        ground.desk.manager.caller.contract, "scheme:Approve", scheme=ground.scheme, **{text: 1}
    )


@case(15, "anyone", "gives {} as an id", "PERSONAL_DATA_REFUSED", each=PERSONAL)
def personal_id(ground: Ground, text: str) -> Attempt:
    return lambda: ground.write(
        ground.till.shop.caller.contract, "payment:Cancel", payment=text, reason="wrong-item"
    )


def record(voucher: str, salt: str | None = None) -> CaseRecord:
    return {"voucher": voucher, "case": "Z-2026-1", "salt": salt or new_salt()}


def record_cases(ground: Ground, transient: Any, **members: Any) -> Attempt:
    """Send case records only to the municipality's peer, as the office does."""
    clerk = ground.desk.clerk.caller.contract
    municipality = [ground.desk.clerk.organisations.show()["municipality"]]
    request = json.dumps({"request_id": new_id(), "scheme": ground.scheme, **members})
    private = {} if transient is None else {"cases": json.dumps(transient)}
    return lambda: clerk.submit(
        "voucher:RecordCases", request, transient=private, endorsing_organizations=municipality
    )


@case(16, "issuer", "puts the case records into the request", "TRANSIENT_REQUIRED")
def cases_in_public(ground: Ground) -> Attempt:
    return record_cases(ground, None, cases=[record(new_id())])


@case(16, "issuer", "puts the case records into both", "TRANSIENT_REQUIRED")
def cases_in_both(ground: Ground) -> Attempt:
    return record_cases(ground, [record(new_id())], cases=[record(new_id())])


@case(16, "issuer", "records cases without giving any", "TRANSIENT_REQUIRED")
def no_cases(ground: Ground) -> Attempt:
    return record_cases(ground, None)


@case(
    16,
    "issuer",
    "records a case with {}",
    "SALT_TOO_SHORT",
    each={
        "a salt of 120 bits": "ab" * 15,
        "a salt of one character": "a",
    },
)
def short_salt(ground: Ground, salt: str) -> Attempt:
    return record_cases(ground, [record(new_id(), salt)])


@case(16, "issuer", "records another case for a voucher", "IDEMPOTENCY_CONFLICT")
def other_case(ground: Ground) -> Attempt:
    voucher = new_id()
    ground.desk.clerk.vouchers.record_cases(ground.scheme, [record(voucher)])
    return record_cases(ground, [record(voucher)])


@case(16, "issuer", "records other cases under the id of an earlier request", "IDEMPOTENCY_CONFLICT")
def other_cases_under_one_id(ground: Ground) -> Attempt:
    used = recorded(ground)
    return record_cases(ground, [record(new_id())], request_id=used)


@case(
    16,
    "anyone",
    "declares, as the {}, a request void that recorded cases",
    "REQUEST_COMMITTED",
    each={"issuer": False, "shop": True},
)
def voided_cases(ground: Ground, by_shop: bool) -> Attempt:
    used = recorded(ground)
    caller = ground.till.shop.caller if by_shop else ground.desk.clerk.caller
    return lambda: ground.write(caller.contract, "request:Void", void=used)


def recorded(ground: Ground) -> str:
    """The id of a request that recorded a case."""
    request_id = new_id()
    record_cases(ground, [record(new_id())], request_id=request_id)()
    ground.desk.in_step()
    return request_id


@case(16, "issuer", "issues a voucher whose case was not recorded", "CASE_RECORD_MISSING")
def no_case_record(ground: Ground) -> Attempt:
    return ground.issuing({"id": new_id(), "entitlement": new_id(), "preset": PRESET, "units": 1})


@case(16, "issuer", "issues a voucher by the case record of another scheme", "CASE_RECORD_MISSING")
def case_of_another_scheme(ground: Ground) -> Attempt:
    scheme = ground.props.closing.id
    voucher = new_id()
    ground.desk.clerk.vouchers.record_cases(ground.scheme, [record(voucher)])
    ground.desk.in_step()
    return ground.issuing(
        {"id": voucher, "entitlement": new_id(), "preset": PRESET, "units": 1}, scheme=scheme
    )


@case(
    16,
    "shop",
    "{}",
    "",
    each={
        "applies with its account in the request": ("public", "TRANSIENT_REQUIRED"),
        "applies without an account": ("none", "TRANSIENT_REQUIRED"),
        "applies with a salt of 120 bits": ("salt", "SALT_TOO_SHORT"),
        "applies with an IBAN of another's checksum": ("iban", "INVALID_IBAN"),
    },
)
def account(ground: Ground, how: str) -> Attempt:
    till = ground.props.unknown
    store = till.store
    details = {
        "iban": "NL00ABNA0417164300" if how == "iban" else store.iban,
        "holder": store.name,
        "kvk": store.kvk,
        "contact": "administratie",
        "salt": "ab" * (15 if how == "salt" else 16),
    }
    public = {"account": details} if how == "public" else {}
    transient = {} if how in ("public", "none") else {"account": json.dumps(details)}
    request = {"request_id": till.shop.shop_id, "categories": ["books"], **public}
    contract: Ledger = till.shop.caller.contract
    return lambda: contract.submit("shop:Apply", json.dumps(request), transient=transient)
