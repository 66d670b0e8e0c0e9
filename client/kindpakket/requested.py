"""The requests in a block: what was asked of the chaincode, by whom and when. Write sets are not looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography import x509

from kindpakket.fabric.block import Block, BlockTransaction

_ATTRIBUTES = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")


@dataclass(frozen=True, slots=True)
class Requested:
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
    """

    block_number: int
    transaction_id: str
    at: int
    operation: str
    request: dict[str, Any]
    mspid: str = ""
    person: str = ""
    shop: str = ""


class UnreadableRequest(ValueError):
    """A valid transaction whose argument is not one JSON object: the chaincode cannot have taken it."""


def requests_in(block: Block, chaincode: str) -> Iterator[Requested]:
    """The valid transactions of a chaincode, in order.

    Raises:
        UnreadableRequest: a valid transaction cannot be read.
    """
    for transaction in block.transactions:
        if transaction.valid and transaction.chaincode == chaincode:
            yield _read(block.number, transaction)


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


def _read(number: int, transaction: BlockTransaction) -> Requested:
    where = f"transaction {transaction.transaction_id} in block {number}"
    if transaction.malformed or transaction.timestamp is None or transaction.creator is None:
        raise UnreadableRequest(f"{where} is valid and cannot be read: {transaction.malformed}")
    try:
        (argument,) = transaction.arguments
        request = json.loads(argument)
        if not isinstance(request, dict):
            raise ValueError(f"it is a {type(request).__name__}")
    except ValueError as error:
        raise UnreadableRequest(f"the argument of {where} is not one JSON object: {error}") from error
    attributes = _attributes(transaction.creator.certificate_pem)
    return Requested(
        block_number=number,
        transaction_id=transaction.transaction_id,
        at=int(transaction.timestamp.timestamp()),
        operation=transaction.function,
        request=request,
        mspid=transaction.creator.mspid,
        person=attributes.get("kindpakket.person", ""),
        shop=attributes.get("kindpakket.shop", ""),
    )


@lru_cache(maxsize=4096)
def _attributes(certificate_pem: bytes) -> dict[str, str]:
    return attributes_of(certificate_pem)
