"""The requests in a block: what was asked of the chaincode, by whom, when. Write sets are not looked at."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography import x509
from stdnum import iban

from kindpakket.fabric.blocks import Block, BlockTransaction

_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_METADATA = "org.hyperledger.fabric:GetMetadata"
_EMPTY_IS_NONE = frozenset({"algorithm", "public_key", "pages", "root", "self_block", "retention_from"})
_ATTRIBUTES = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")


@dataclass(frozen=True, slots=True)
class CommittedRequest:
    """One valid transaction.

    Attributes:
        block_number: the block that holds it.
        transaction_id: its id.
        at: its timestamp, Unix seconds.
        operation: its name, such as `payment:Pay`.
        request: its argument.
        mspid: the caller's organisation.
        person: the caller's `kindpakket.person`; "" when the certificate names none.
        shop: the caller's `kindpakket.shop`; "" when the certificate names none.
        role: the caller's `kindpakket.role`; "" when the certificate names none.
        till: the caller's `kindpakket.till`; "" when it is none, no code, or an account number.
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


def requests_in(block: Block, chaincode: str) -> tuple[list[CommittedRequest], list[str]]:
    """The valid requests to a chaincode in a block, in order, and what is wrong with unreadable ones.

    A valid transaction whose argument is not one JSON object cannot have been taken by the chaincode.
    Fabric's own query for the metadata, which any client may have ordered, is left out: it asks nothing.
    """
    requests: list[CommittedRequest] = []
    unreadable: list[str] = []
    for transaction in block.transactions:
        ours = transaction.malformed or (
            transaction.chaincode == chaincode and transaction.function != _METADATA
        )
        if transaction.valid and ours:
            try:
                requests.append(_read(block.number, transaction))
            except ValueError as error:
                unreadable.append(f"transaction {transaction.transaction_id} cannot be read: {error}")
    return requests, unreadable


def as_stored(value: Any) -> Any:
    """What a request says, in the form that the chaincode keeps: without members that are null or empty.

    Early versions of the chaincode took null for a member that is left out; every version takes an empty text
    or 0 for one that has to be left out.
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
    """The attributes that Fabric CA put into a certificate; none when it has none."""
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    try:
        extension = certificate.extensions.get_extension_for_oid(_ATTRIBUTES).value
    except x509.ExtensionNotFound:
        return {}
    value = extension.value if isinstance(extension, x509.UnrecognizedExtension) else b"{}"
    attributes = json.loads(value).get("attrs", {})
    return {str(name): str(text) for name, text in attributes.items()}


def _read(number: int, transaction: BlockTransaction) -> CommittedRequest:
    if transaction.malformed or transaction.timestamp is None or transaction.creator is None:
        raise ValueError(transaction.malformed or "it has no timestamp or creator")
    (argument,) = transaction.arguments
    request = json.loads(argument)
    if not isinstance(request, dict):
        raise ValueError(f"its argument is a {type(request).__name__}, not an object")
    attributes = _attributes(transaction.creator.certificate_pem)
    return CommittedRequest(
        block_number=number,
        transaction_id=transaction.transaction_id,
        at=int(transaction.timestamp.timestamp()),
        operation=transaction.function,
        request=as_stored(request),
        mspid=transaction.creator.mspid,
        person=attributes.get("kindpakket.person", ""),
        shop=attributes.get("kindpakket.shop", ""),
        role=attributes.get("kindpakket.role", ""),
        till=_till(attributes.get("kindpakket.till", "")),
    )


def _till(text: str) -> str:
    """A till as the chaincode takes it: a code, and no account number."""
    account = iban.is_valid(text.replace("-", ""), check_country=False)
    return text if _CODE.fullmatch(text) and not account else ""


@lru_cache(maxsize=4096)
def _attributes(certificate_pem: bytes) -> dict[str, str]:
    return attributes_of(certificate_pem)
