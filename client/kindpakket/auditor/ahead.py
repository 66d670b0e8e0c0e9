"""What an audit does ahead of need, while other processes verify signatures.

Blocks are decoded when they are read, and holders' signatures on payments are given to those processes. What
the books will say when a payment is replayed is not known yet. But that a signature holds is a fact about a
key and some bytes: the replay asks for the very key and message that its books give, and verifies by itself
what nobody has verified for it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from fabric_gateway.blocks import Block, BlockMessage, BlockTransaction
from kindpakket.auditor.books import Books
from kindpakket.auditor.committed_requests import BATCH
from kindpakket.holder.orders import HoldOrder, Order, PaymentOrder
from kindpakket.holder.verification import Signed, signature_of_payment
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import Authorisation

_ORDERS: Mapping[str, type[Order]] = {kind.operation: kind for kind in (PaymentOrder, HoldOrder)}
_UNUSABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What content that is not a payment raises; the replay says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class _Verification:
    """Signatures to be verified by another process."""

    signatures: tuple[Signed, ...]

    def __call__(self) -> frozenset[bytes]:
        """The names of those that hold."""
        return frozenset(signed.name for signed in self.signatures if _holds(signed))


class ReadAhead:
    """Blocks that were read and not yet audited; a `fabric_gateway.verification.Further`.

    Attributes:
        verified: names of holders' signatures that hold, of the blocks that are audited now.
    """

    def __init__(self, domain: Domain, books: Books) -> None:
        """Read ahead of an audit.

        Args:
            domain: the channel and the chaincode.
            books: the books as they are now, which know the keys of vouchers.
        """
        self._domain, self._books = domain, books
        self._blocks: deque[tuple[BlockMessage, Block]] = deque()
        self.verified: Collection[bytes] = frozenset()

    def work(self, blocks: Sequence[BlockMessage]) -> Callable[[], object]:
        """The verification of holders' signatures in blocks that come later."""
        decoded = [Block.decode(message) for message in blocks]
        self._blocks.extend(zip(blocks, decoded, strict=True))
        return _Verification(tuple(signed for block in decoded for signed in self._signatures(block)))

    def done(self, result: object) -> None:
        """Keep which signatures hold, for the next blocks."""
        self.verified = cast("frozenset[bytes]", result)

    def block(self, message: BlockMessage) -> Block:
        """A block, decoded."""
        if self._blocks and self._blocks[0][0] is message:
            return self._blocks.popleft()[1]
        return Block.decode(message)

    def _signatures(self, block: Block) -> Iterator[Signed]:
        for transaction in block.transactions:
            if transaction.chaincode == self._domain.chaincode:
                for operation, content in _requests(transaction):
                    signed = self._signature(operation, content)
                    if signed is not None:
                        yield signed

    def _signature(self, operation: str, content: Any) -> Signed | None:
        try:
            proof = content["proof"]
            order = _ORDERS[operation].of_request(self._domain, content, proof["version"])
            return signature_of_payment(self._authorisation(content), order, proof)
        except _UNUSABLE:
            return None

    def _authorisation(self, content: Mapping[str, Any]) -> Authorisation | None:
        scheme = self._books.schemes.get(content["scheme"])
        voucher = None if scheme is None else scheme.vouchers.get(content["voucher"])
        return None if voucher is None else voucher.authorisation


def _requests(transaction: BlockTransaction) -> list[tuple[str, Any]]:
    """The operations and requests of a transaction: one, or a batch's items; none if they cannot be read."""
    if transaction.function not in _ORDERS and transaction.function != BATCH:
        return []
    try:
        (argument,) = transaction.arguments
        content = json.loads(argument)
        if transaction.function != BATCH:
            return [(transaction.function, content)]
        return [(item["operation"], item["request"]) for item in content["items"]]
    except _UNUSABLE:
        return []


def _holds(signed: Signed) -> bool:
    try:
        return not signed.error()
    except _UNUSABLE:
        return False
