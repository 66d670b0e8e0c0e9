"""Malformed requests: amounts, ids, JSON."""

from __future__ import annotations

import json
from typing import Any

from ground import Ground
from table import Attempt, case

from kindpakket.ledger.ids import new_id
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import Issuance
from kindpakket_demo.desk import MUNICIPALITY
from kindpakket_demo.schemes import PRESET

MARK = "\x00MARK"


def with_literal(request: dict[str, Any], literal: str) -> str:
    """A request as JSON, with a literal text in place of its one value that is the mark."""
    text = json.dumps(request)
    assert text.count(json.dumps(MARK)) == 1
    return text.replace(json.dumps(MARK), literal)


AMOUNTS = {
    "zero": "0",
    "minus zero": "-0",
    "a negative amount": "-100",
    "1.5": "1.5",
    "1000.0": "1000.0",
    "1e3": "1e3",
    "the text +5": '"+5"',
    "the text 007": '"007"',
    "the text 1000": '"1000"',
    "an empty text": '""',
    "null": "null",
    "full-width digits": '"\uff11\uff10\uff10\uff10"',
    "true": "true",
    "a list": "[1000]",
    "an object": '{"cents":1000}',
    "an amount above any": "100000001",
    "2^63 - 1": "9223372036854775807",
    "2^63": "9223372036854775808",
    "2^64 + 1000": "18446744073709552616",
    "a number of 400 digits": "1" + "0" * 399,
    "bare 007": ("007", "MALFORMED_REQUEST"),
    "bare +5": ("+5", "MALFORMED_REQUEST"),
    "NaN": ("NaN", "MALFORMED_REQUEST"),
    "nothing": ("", "MALFORMED_REQUEST"),
}


@case(12, "anyone", "pays {}", "INVALID_AMOUNT", each=AMOUNTS)
def amount_paid(ground: Ground, literal: str) -> Attempt:
    wallet = ground.wallet()
    request = ground.request(ground.order(wallet), wallet, lines=[{"category": "books", "cents": MARK}])
    return lambda: ground.till.shop.caller.contract.submit("payment:Pay", with_literal(request, literal))


@case(
    12,
    "anyone",
    "refunds {}",
    "INVALID_AMOUNT",
    each={name: AMOUNTS[name] for name in ("zero", "a negative amount", "1e3", "2^63")},
)
def amount_refunded(ground: Ground, literal: str) -> Attempt:
    payment = ground.paid(ground.wallet())
    request = {
        "request_id": new_id(),
        "payment": payment,
        "lines": [{"category": "books", "cents": MARK}],
        "reason": "returned-goods",
    }
    return lambda: ground.till.shop.caller.contract.submit("payment:Refund", with_literal(request, literal))


AGREED = {
    "a budget of zero": ["budget_cents", "0"],
    "a budget above any": ["budget_cents", "1000000000001"],
    "a budget in euros": ["budget_cents", "100.00"],
    "a negative preset": ["presets", '{"child":-1}'],
    "a preset of 1e3": ["presets", '{"child":1e3}'],
    "a cap of 2^63": ["payment_cap_cents", "9223372036854775808"],
    "a cap as text": ["day_cap_cents", '"60000"'],
}


@case(12, "issuer", "drafts a scheme with {}", "INVALID_AMOUNT", each=AGREED)
def amount_agreed(ground: Ground, changed: list[str]) -> Attempt:
    member, literal = changed
    request: dict[str, Any] = {"request_id": new_id(), "rules": ground.props.rules(), "budget_cents": 1_000}
    place = request if member in request else request["rules"]
    place[member] = MARK
    return lambda: ground.desk.clerk.caller.contract.submit("scheme:Draft", with_literal(request, literal))


NO_IDS = {
    "U+0000": "\x00" * 32,
    "U+0000 at its end": "ab" * 16 + "\x00",
    "U+10FFFF": "\U0010ffff" * 32,
    "spaces": " " * 32,
    "a space before it": " " + "ab" * 16,
    "300 characters": "a" * 300,
    "31 characters": "a" * 31,
    "33 characters": "a" * 33,
    "no characters": "",
    "a Cyrillic letter": "\u0430" + "b" * 31,
    "upper case": "AB" * 16,
    "full-width digits": "\uff11" * 32,
    "a slash": "ab" * 15 + "/a",
    "the form of a UUID": "12345678-1234-4234-8234-123456789abc",
}


@case(13, "anyone", "pays from a voucher whose id has {}", "INVALID_ID", each=NO_IDS)
def no_voucher_id(ground: Ground, text: str) -> Attempt:
    wallet = ground.wallet()
    request = ground.request(ground.order(wallet), wallet, voucher=text)
    return lambda: ground.write(ground.till.shop.caller.contract, "payment:Pay", **request)


@case(13, "anyone", "sends a request whose id has {}", "INVALID_ID", each=NO_IDS)
def no_request_id(ground: Ground, text: str) -> Attempt:
    wallet = ground.wallet()
    request = ground.request(ground.order(wallet), wallet, request_id=text)
    return lambda: ground.write(ground.till.shop.caller.contract, "payment:Pay", **request)


@case(
    13,
    "anyone",
    "gives {} as id of the scheme",
    "INVALID_ID",
    each={name: NO_IDS[name] for name in ("U+0000", "U+10FFFF", "a slash")},
)
def no_scheme_id(ground: Ground, text: str) -> Attempt:
    return lambda: ground.desk.clerk.caller.query("scheme:Show", {"scheme": text})


@case(13, "issuer", "issues to an entitlement whose id has {}", "INVALID_ID", each=NO_IDS)
def no_entitlement_id(ground: Ground, text: str) -> Attempt:
    voucher: Issuance = {"id": new_id(), "entitlement": text, "preset": PRESET, "units": 1}
    (part,) = ApprovableList.cut([voucher]).parts
    return lambda: ground.desk.clerk.vouchers.issue(ground.scheme, new_id(), part)


@case(
    13,
    "auditor",
    "asks for the history of {}",
    "INVALID_KEY",
    each={
        "all keys": "",
        "U+0000": "voucher/\x00",
        "U+10FFFF": "voucher/\U0010ffff",
        "a composite key": "\x00shop\x00",
        "a key in upper case": "VOUCHER/",
        "a prefix": "voucher/",
    },
)
def no_key(ground: Ground, key: str) -> Attempt:
    return lambda: list(ground.desk.auditor.audit.history(key))


def deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


MALFORMED: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"pay",
    "a list": b"[]",
    "a text": b'"pay"',
    "null": b"null",
    "half of it": b'{"request_id":',
    "invalid UTF-8": b'{"request_id":"\xff\xfe"}',
    "half a surrogate": b'{"request_id":"\\ud800"}',
    "an overlong slash": b'{"request_id":"\xc0\xaf"}',
    "a mark of byte order": b"\xef\xbb\xbf{}",
    "UTF-16": '{"request_id":"1"}'.encode("utf-16"),
    "9 levels": deep(9),
    "10,000 levels": deep(10_000),
    "5 MB": (b'{"request_id":"' + b"a" * 5_000_000 + b'"}', "REQUEST_TOO_LARGE"),
    "one byte more than 1 MiB": (b"{" + b" " * (2**20 - 1) + b"}", "REQUEST_TOO_LARGE"),
    "10,000 levels and 5 MB": (deep(10_000) + b" " * 5_000_000, "REQUEST_TOO_LARGE"),
}


@case(14, "anyone", "sends {}", "MALFORMED_REQUEST", each=MALFORMED)
def malformed(ground: Ground, request: bytes) -> Attempt:
    return lambda: ground.till.shop.caller.contract.submit("payment:Pay", request)


def padded(request: bytes, after: str, added: str) -> bytes:
    text = request.decode()
    assert text.count(after) == 1, (after, text)
    return text.replace(after, after + added).encode()


SPOILT = {
    "with data after it": lambda request: request + b"{}",
    "with a comma at its end": lambda request: request[:-1] + b",}",
    "with a comment": lambda request: request + b"// agreed",
    "twice over": lambda request: request + request,
    "with a member twice": lambda request: padded(request, '"cents": 1000', ', "cents": 1'),
    "with a member in another case besides": lambda request: padded(request, '"cents": 1000', ', "Cents": 1'),
    "with an unknown member": lambda request: padded(request, '"cents": 1000', ', "discount": 1'),
    "in which a member is named by an escape twice": lambda request: padded(
        request, '"cents": 1000', ', "c\\u0065nts": 1'
    ),
}


@case(14, "shop", "sends a payment that the holder agreed to {}", "MALFORMED_REQUEST", each=SPOILT)
def spoilt(ground: Ground, spoil: Any) -> Attempt:
    wallet = ground.wallet()
    request = json.dumps(ground.request(ground.order(wallet), wallet)).encode()
    return lambda: ground.till.shop.caller.contract.submit("payment:Pay", spoil(request))


@case(14, "anyone", "sends {}", "MALFORMED_REQUEST", each={"no argument": 0, "two arguments": 2})
def arguments(ground: Ground, count: int) -> Attempt:
    wallet = ground.wallet()
    request = json.dumps(ground.request(ground.order(wallet), wallet))
    return lambda: ground.till.shop.caller.contract.submit("payment:Pay", *[request] * count)


@case(
    14,
    "anyone",
    "asks for the metadata with {}",
    "MALFORMED_REQUEST",
    each={"an empty argument": "", "a number": "123456782", "a text of 5 MB": "Jan " * 1_250_000},
)
def metadata_with(ground: Ground, text: str) -> Attempt:
    contract = ground.till.shop.caller.contract
    return lambda: contract.submit("org.hyperledger.fabric:GetMetadata", text)


STUFFED = {
    "900 kB of names as its signature": {"kind": "key", "version": 1, "signature": "JanJansen" * 100_000},
    "names as the path of a page": {
        "kind": "booklet",
        "version": 1,
        "page": 1,
        "public_key": "A" * 43 + "=",
        "signature": "A" * 86 + "==",
        "path": ["Jan Jansen"],
    },
    "a kind that is a name": {"kind": "jan-jansen", "version": 1, "signature": "A" * 86 + "=="},
}


@case(14, "shop", "repeats its payment with {}", "HOLDER_PROOF_INVALID", each=STUFFED)
def stuffed(ground: Ground, proof: dict[str, Any]) -> Attempt:
    wallet = ground.wallet()
    order = ground.order(wallet)
    ground.till.shop.pay(order, wallet.authorise(order))
    ground.desk.in_step()
    request = json.dumps(ground.request(order, wallet, proof=proof)).encode()
    return lambda: ground.till.shop.caller.contract.submit("payment:Pay", request)


@case(
    14,
    "anyone",
    "has a query ordered whose cursor is {}",
    "INVALID_CURSOR",
    each={"a name": "jan-jansen", "a digit": "0", "too many zeros": "0" * 63},
)
def cursor(ground: Ground, text: str) -> Attempt:
    query = json.dumps({"scheme": ground.scheme, "cursor": text})
    return lambda: ground.desk.clerk.caller.contract.submit("voucher:List", query)


HEAVY = {
    "strings under a long name": '{"' + "a" * 500_000 + '":[' + '"",' * 160_000 + '""]}',
    "proofs under a long name": '{"' + "a" * 500_000 + '":[' + '{"proof":0},' * 40_000 + "0]}",
    "many names": "{" + ",".join(f'"a{number}":0' for number in range(90_000)) + "}",
}


@case(14, "who has no role", "sends {}", "ROLE_REQUIRED", each=HEAVY)
def heavy(ground: Ground, request: str) -> Attempt:
    contract = ground.desk.contract(MUNICIPALITY, "admin")
    return lambda: contract.submit("voucher:Issue", request.encode())
