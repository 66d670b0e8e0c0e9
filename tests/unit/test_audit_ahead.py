"""Holders' signatures verified ahead: only those that hold, and only where the books ask for just those."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from story import DOMAIN

from fabric_gateway.blocks import Block
from fabric_gateway.verification import SignaturePool
from forge import Invocation, Sets
from kindpakket.auditor.ahead import ReadAhead
from kindpakket.auditor.audit import Audit
from kindpakket.auditor.committed_requests import CommittedRequest, requests_in
from kindpakket.auditor.offline import audit_blocks
from kindpakket.auditor.state import State
from kindpakket.auditor.verification import Anchor, LedgerCheck
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import PaymentOrder
from kindpakket.holder.verification import Signed, payment_proof_error, signature_of_payment
from signed_town import MSPIDS, SignedTown


@pytest.fixture
def town() -> SignedTown:
    town = SignedTown()
    town.begin()
    return town


def verified(town: SignedTown, blocks: list[Any]) -> frozenset[bytes]:
    """What a worker answers about blocks."""
    ahead = ReadAhead(DOMAIN, town.books)
    ahead.done(ahead.work(blocks)())
    return frozenset(ahead.verified)


def order_of(request: CommittedRequest) -> PaymentOrder:
    """The payment that a request makes."""
    names = ("scheme", "voucher", "request_id", "shop", "deadline")
    members = {name: request.request[name] for name in names}
    return PaymentOrder(domain=DOMAIN, version=1, lines=tuple(request.request["lines"]), **members)


def audited(town: SignedTown, pool: SignaturePool | None) -> Audit:
    """An audit of the town's ledger."""
    state, blocks = State(), town.ledger.blocks
    check = LedgerCheck(state, DOMAIN.channel, Anchor(town.ledger.anchor), pool)
    return audit_blocks(lambda start: iter(blocks[start:]), DOMAIN, state=state, checks=[check])


def forged(town: SignedTown) -> None:
    """A payment that another holder signed, of which the town's own replay knows."""
    own = town.holders[0]
    town.holders[0] = HolderKey.generate()
    town.pay()
    town.holders[0] = own
    town.seal()


def test_a_signature_that_holds_is_known_by_its_key_and_message(town: SignedTown) -> None:
    town.pay()
    (request,) = town.story.requests[-1:]
    known = verified(town, town.seal())
    book = town.books.schemes[request.request["scheme"]].vouchers[request.request["voucher"]]
    assert book.authorisation is not None
    proof, order = request.request["proof"], order_of(request)
    signed = signature_of_payment(book.authorisation, order, proof)
    assert signed is not None
    assert known == {signed.name}
    assert payment_proof_error(book.authorisation, 0, order, proof, known) == ""
    # The same signature says nothing about another message or another key.
    other = HolderKey.generate().authorisation()
    error = "the signature is invalid"
    assert payment_proof_error(other, 0, order, proof, known) == error
    later = replace(order, deadline=order.deadline + 1)
    assert payment_proof_error(book.authorisation, 0, later, proof, known) == error


def test_those_of_a_batch_are_verified_ahead_too(town: SignedTown) -> None:
    town.pay()
    (request,) = town.story.requests[-1:]
    alone = verified(town, town.seal())
    item = {"operation": request.operation, "request": request.request}
    other = {"operation": "payment:Refund", "request": {}}
    for items, known in (([other, item], alone), ([{"request": 3}], frozenset()), ("no list", frozenset())):
        argument = json.dumps({"items": items}).encode()
        block = town.ledger.add([_asking(town, b"payment:Batch", argument)])
        assert verified(town, [block]) == known


def test_one_that_does_not_hold_is_not_known_and_found(town: SignedTown) -> None:
    town.pay(1)
    town.seal()
    forged(town)
    assert verified(town, town.ledger.blocks[-1:]) == frozenset()
    (found,) = audited(town, None).found
    assert found.rule == "payment:Pay/proof"
    assert "the signature is invalid" in found.sentence


def test_workers_find_what_one_process_finds(town: SignedTown) -> None:
    for _ in range(3):
        town.pay()
    town.seal(2)
    forged(town)
    town.pay(1)
    town.seal()
    alone = audited(town, None)
    with SignaturePool(1) as pool:
        result = audited(town, pool)
    assert result.found == alone.found
    assert [found.rule for found in result.found] == ["payment:Pay/proof"]


def test_parts_of_names_are_kept_apart() -> None:
    one = Signed("ed25519", b"k" * 32, b"message", b"signature")
    other = Signed("ed25519", b"k" * 32, b"messages", b"ignature")
    assert one.name != other.name


@pytest.mark.parametrize(
    "argument",
    [
        b"\xff",
        b"[]",
        b"{}",
        b'{"proof": 3}',
        json.dumps({"proof": {"kind": "booklet", "version": 1, "signature": "?"}}).encode(),
        b'{"scheme": ["a"], "voucher": {}, "proof": {"kind": "key", "version": 1}}',
    ],
)
def test_what_is_not_a_payment_is_left_to_the_replay(town: SignedTown, argument: bytes) -> None:
    block = town.ledger.add([_asking(town, b"payment:Pay", argument)])
    assert verified(town, [block]) == frozenset()
    requests, malformed = requests_in(Block.decode(block), DOMAIN.chaincode)
    assert bool(requests) != bool(malformed)


def _asking(town: SignedTown, function: bytes, argument: bytes) -> Any:
    """An envelope that asks the chaincode for something, and writes nothing."""
    return Invocation(
        creator=town.channel.admins[MSPIDS[0]],
        endorsers=list(town.peers.values())[:2],
        channel=DOMAIN.channel,
        chaincode=DOMAIN.chaincode,
        arguments=[function, argument],
        sets={DOMAIN.chaincode: Sets()},
    ).envelope()
