"""The requests in a block: what was asked of the chaincode, by whom, and when.

The items of a batch of payments are requests like others. Write sets are ignored, but for the layout in which
the chaincode recorded a request; of answers is read what became of the items of a batch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, Literal, get_args

from cryptography import x509
from stdnum import iban

from fabric_gateway.blocks import Block, BlockTransaction
from fabric_gateway.identity import load_certificate

Outcome = Literal["done", "exists", "refused"]
"""What the chaincode says became of an item of a batch; a request that was sent alone is `done`."""
BATCH = "payment:Batch"
"""The transaction that takes many payments, captures and refunds at once."""
BATCHED = ("payment:Pay", "payment:Capture", "payment:Refund")
"""The operations that it takes."""

_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_METADATA = "org.hyperledger.fabric:GetMetadata"
_EMPTY_IS_NONE = frozenset({"algorithm", "public_key", "pages", "root", "self_block", "retention_from"})
_ATTRIBUTES = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")


@dataclass(frozen=True, slots=True)
class CommittedRequest:
    """A request in a valid transaction.

    Attributes:
        block_number: number of the block that contains it.
        transaction_id: id of the transaction.
        at: the transaction's timestamp, in Unix seconds.
        operation: name of the transaction, such as `payment:Pay`.
        request: the transaction's argument, as `as_stored` gives it.
        mspid: MSP id of the caller's organisation.
        person: the caller's `kindpakket.person`; "" if the certificate has none.
        shop: the caller's `kindpakket.shop`; "" if the certificate has none.
        role: the caller's `kindpakket.role`; "" if the certificate has none.
        till: the caller's `kindpakket.till`, or the till that an acquirer's request names; "" if there is
            none, or it is not a code, or is an account number.
        layout: the layout of the record that the chaincode left under the request's id; 0 if it left none.
        item: its number in its batch, from 0; None if it was sent alone.
        outcome: what the chaincode says became of it.
        refusal: the code with which it refused it; "" if it did not.
        verified: names of holders' signatures that hold, its own perhaps among them; see
            `kindpakket.holder.verification.Signed`.
    """

    block_number: int
    transaction_id: str
    at: int
    operation: str
    request: dict[str, Any]
    mspid: str = ""
    person: str = ""
    shop: str = ""
    role: str = ""
    till: str = ""
    layout: int = 0
    item: int | None = None
    outcome: Outcome = "done"
    refusal: str = ""
    verified: Collection[bytes] = field(default=(), repr=False, compare=False)


def requests_in(
    block: Block, chaincode: str, verified: Collection[bytes] = ()
) -> tuple[list[CommittedRequest], list[str]]:
    """The valid requests to a chaincode in a block, in order, and sentences about malformed ones.

    A batch is given as its items, in order, those that were refused included. The chaincode cannot have
    accepted a transaction whose argument is not one JSON object. The contract API's own query for metadata,
    which any client may submit to the orderer, is left out: it takes no argument and changes nothing.

    Args:
        block: the block.
        chaincode: name of the chaincode.
        verified: names of holders' signatures that were found to hold.
    """
    requests: list[CommittedRequest] = []
    malformed: list[str] = []
    for transaction in block.transactions:
        ours = transaction.malformed or transaction.chaincode == chaincode
        if transaction.valid and ours and not _asks_for_metadata(transaction):
            try:
                requests += _decode(block.number, transaction, chaincode, verified)
            except ValueError as error:
                malformed.append(f"transaction {transaction.transaction_id} is malformed: {error}")
    return requests, malformed


def as_stored(value: Any) -> Any:
    """A request in the form that the chaincode stores: without members that are null or empty.

    Early versions of the chaincode accepted null as a missing member; all versions accept an empty string or
    0 for a member that must be missing.
    """
    if isinstance(value, dict):
        return {
            name: as_stored(member)
            for name, member in value.items()
            if member is not None and (member or name not in _EMPTY_IS_NONE)
        }
    if isinstance(value, list):
        return [as_stored(item) for item in value]
    return value


def attributes_of(certificate_pem: bytes) -> dict[str, str]:
    """The attributes that Fabric CA put into a certificate; empty if there are none."""
    certificate = load_certificate(certificate_pem)
    try:
        extension = certificate.extensions.get_extension_for_oid(_ATTRIBUTES).value
    except x509.ExtensionNotFound:
        return {}
    except x509.DuplicateExtension as error:
        raise ValueError(f"its creator's certificate cannot be read: {error}") from error
    value = extension.value if isinstance(extension, x509.UnrecognizedExtension) else b"{}"
    attributes = json.loads(value).get("attrs", {})
    return {str(name): str(text) for name, text in attributes.items()}


def _asks_for_metadata(transaction: BlockTransaction) -> bool:
    return transaction.function == _METADATA and not transaction.arguments


def _decode(
    number: int, transaction: BlockTransaction, chaincode: str, verified: Collection[bytes]
) -> list[CommittedRequest]:
    if transaction.malformed or transaction.timestamp is None or transaction.creator is None:
        raise ValueError(transaction.malformed or "it has no timestamp or creator")
    (argument,) = transaction.arguments
    request = json.loads(argument)
    if not isinstance(request, dict):
        raise ValueError(f"its argument is a {type(request).__name__}, not an object")
    attributes = _attributes(transaction.creator.certificate_pem)
    role = attributes.get("kindpakket.role", "")
    layouts = _Layouts(transaction, chaincode)
    made = partial(
        CommittedRequest,
        block_number=number,
        transaction_id=transaction.transaction_id,
        at=int(transaction.timestamp.timestamp()),
        mspid=transaction.creator.mspid,
        person=attributes.get("kindpakket.person", ""),
        shop=attributes.get("kindpakket.shop", ""),
        role=role,
        verified=verified,
    )
    content = as_stored(request)
    if transaction.function == BATCH:
        asked = _items(content, transaction.result)
    else:
        asked = [{"operation": transaction.function, "request": content}]
    return [
        made(
            **each,
            till=_till(_named_till(each["request"], role, attributes)),
            layout=layouts.of(each["request"]),
        )
        for each in asked
    ]


def _items(batch: Mapping[str, Any], result: bytes) -> list[dict[str, Any]]:
    """The items of a batch, each with what the answer says about it, as members of a `CommittedRequest`."""
    items, answers = _listed(batch, "its argument"), _listed(json.loads(result), "its answer")
    if len(items) != len(answers):
        raise ValueError(f"it has {len(items)} items, and its answer {len(answers)}")
    return [
        _item(number, item, answer) for number, (item, answer) in enumerate(zip(items, answers, strict=True))
    ]


def _item(number: int, item: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    operation, request, outcome = item.get("operation"), item.get("request"), answer.get("outcome")
    if operation not in BATCHED or not isinstance(request, dict):
        raise ValueError(f"item {number} is not a payment, capture or refund: {operation!r}")
    if answer.get("request_id") != request.get("request_id"):
        raise ValueError(f"the answer of item {number} is about request {answer.get('request_id')!r}")
    if outcome not in get_args(Outcome):
        raise ValueError(f"the outcome of item {number} is {outcome!r}")
    refusal = answer.get("refusal")
    code = str(refusal.get("code", "")) if isinstance(refusal, dict) else ""
    return {
        "operation": operation,
        "request": request,
        "item": number,
        "outcome": outcome,
        "refusal": code,
    }


def _listed(value: Any, place: str) -> list[dict[str, Any]]:
    """The items of a batch, or of its answer."""
    items = value.get("items") if isinstance(value, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ValueError(f"{place} is not a list of items")
    return items


def _named_till(request: Mapping[str, Any], role: str, attributes: Mapping[str, str]) -> str:
    return str(request.get("till", "") if role == "acquirer" else attributes.get("kindpakket.till", ""))


class _Layouts:
    """The layouts in which a transaction recorded its requests."""

    def __init__(self, transaction: BlockTransaction, chaincode: str) -> None:
        self._records = {
            write.key: write.value
            for write in transaction.writes(chaincode)
            if write.key.startswith("request/")
        }

    def of(self, request: Mapping[str, Any]) -> int:
        """The layout of the record of a request; 0 if the transaction left none."""
        record = self._records.get(f"request/{request.get('request_id')}")
        if record is None:
            return 0
        layout = json.loads(record).get("v")
        if type(layout) is not int:
            raise ValueError(f"the record of its request has the layout {layout!r}")
        return layout


def _till(text: str) -> str:
    """A till as the chaincode accepts it: a code that is not an account number."""
    if not _CODE.fullmatch(text):
        return ""
    return "" if iban.is_valid(text.replace("-", ""), check_country=False) else text


@lru_cache(maxsize=4096)
def _attributes(certificate_pem: bytes) -> dict[str, str]:
    return attributes_of(certificate_pem)
