"""Attempts below the chaincode: wrong times, replays, forgeries, one organisation alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ground import Ground
from identities import mspid
from support import identity_of, wake_consenters
from table import Attempt, by_name, case
from verdict import Place
from wire import endorse_at, invalid_in_a_block, order_at, shifted, tampered

from fabric_gateway import CommitError, Contract, Identity, SubmitError, Transaction
from fabric_gateway._flows.endorsed import EndorsedTransaction
from fabric_gateway._wire import messages as m
from fabric_gateway._wire.gateway import split_envelope
from kindpakket.ledger.ids import new_id
from kindpakket_demo.desk import AUDITOR, MUNICIPALITY, SHOPS, now
from kindpakket_demo.wallets import Wallet

PEERS = by_name(MUNICIPALITY, SHOPS, AUDITOR)
CONSENTERS = by_name(MUNICIPALITY, SHOPS, AUDITOR, "regie")
BEYOND = {"three minutes back": -180, "a day back": -86_400, "three minutes ahead": 180}
WRONG_TIME = "request unauthorized due to incorrect timestamp"


def till_of(ground: Ground) -> Contract:
    """The chaincode as the till calls it."""
    return ground.desk.contract(SHOPS, ground.till.user)


def till_identity(ground: Ground) -> Identity:
    """The till's certificate and key."""
    return identity_of(ground.desk.network, SHOPS, ground.till.user)


def endorsed(ground: Ground, wallet: Wallet, scheme: str | None = None) -> Transaction:
    """A payment that was endorsed but not ordered."""
    argument = json.dumps(ground.request(ground.order(wallet, scheme=scheme), wallet))
    return till_of(ground).proposal("payment:Pay", argument).endorse()


def never_offered(ground: Ground, envelope: bytes) -> Transaction:
    """The transaction in an envelope that nobody has submitted yet, so that a refusal is definite."""
    session = ground.desk.ledger(SHOPS, ground.till.user)._session
    return Transaction(session, EndorsedTransaction(session, *split_envelope(envelope)))


def ordered(transaction: Transaction) -> None:
    """Submit an endorsed transaction for ordering.

    Raises:
        CommitError: it is invalid.
    """
    status = transaction.submit().status()
    if not status.successful:
        raise CommitError.of(status)


@case(6, "shop", "dates a payment {}", WRONG_TIME, Place.PEER, each=BEYOND)
def backdated(ground: Ground, seconds: int) -> Attempt:
    wallet = ground.wallet()
    argument = json.dumps(ground.request(ground.order(wallet), wallet))
    return shifted(till_of(ground), "payment:Pay", argument, timedelta(seconds=seconds)).endorse


@case(6, "shop", "asks with a timestamp {}", WRONG_TIME, Place.PEER, each=BEYOND)
def backdated_query(ground: Ground, seconds: int) -> Attempt:
    members = {"scheme": ground.scheme, "voucher": ground.wallet().voucher, "shop": ground.till.shop.shop_id}
    by = timedelta(seconds=seconds)
    return shifted(till_of(ground), "voucher:Binding", json.dumps(members), by).evaluate


@case(6, "shop", "takes a backdated payment to the endorser of {} itself", WRONG_TIME, Place.PEER, each=PEERS)
def backdated_directly(ground: Ground, peer_of: str) -> Attempt:
    wallet = ground.wallet()
    argument = json.dumps(ground.request(ground.order(wallet), wallet))
    proposal = shifted(till_of(ground), "payment:Pay", argument, timedelta(minutes=-3))
    return lambda: endorse_at(ground, peer_of, till_identity(ground), proposal)


CONFLICT = "MVCC_READ_CONFLICT"


@case(6, "shop", "orders a payment after the voucher was blocked", CONFLICT, Place.VALIDATION)
def withheld_until_blocked(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    withheld = endorsed(ground, wallet)
    ground.desk.clerk.vouchers.block(ground.scheme, wallet.voucher, "device-lost")
    return lambda: ordered(withheld)


@case(6, "shop", "orders a payment after the voucher paid another one", CONFLICT, Place.VALIDATION)
def withheld_until_paid(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    withheld = endorsed(ground, wallet)
    ground.paid(wallet)
    return lambda: ordered(withheld)


def close_day(ground: Ground, scheme: str) -> None:
    ground.desk.clerk.schemes.close_day(scheme, now().date())


def pause(ground: Ground, scheme: str) -> None:
    ground.desk.manager.schemes.pause(scheme, "mistake")


HALTS: dict[str, Callable[[Ground, str], None]] = {
    "the day was closed": close_day,
    "the scheme was paused": pause,
}


@case(6, "shop", "orders a payment after {}", CONFLICT, Place.VALIDATION, each=HALTS)
def withheld_until_halt(ground: Ground, halt: Callable[[Ground, str], None]) -> Attempt:
    scheme, (wallet,) = ground.props.scheme(1)
    ground.watch(wallet, scheme.id)
    withheld = endorsed(ground, wallet, scheme.id)
    halt(ground, scheme.id)
    return lambda: ordered(withheld)


@case(6, "shop", "orders a payment after it was suspended", CONFLICT, Place.VALIDATION)
def withheld_until_suspended(ground: Ground) -> Attempt:
    ground.till = ground.props.shop("withholding", "books")
    wallet = ground.watch(ground.wallet(), None, ground.till)
    withheld = endorsed(ground, wallet)
    ground.desk.manager.shops.suspend(ground.till.shop.shop_id, "inspection")
    return lambda: ordered(withheld)


AGAIN, PROCESSED = "duplicate transaction found", "request already processed"
DUPLICATE = "DUPLICATE_TXID"


@case(26, "anyone", "has a committed proposal endorsed again", AGAIN, Place.PEER)
def replayed_proposal(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    argument = json.dumps(ground.request(ground.order(wallet), wallet))
    proposal = till_of(ground).proposal("payment:Pay", argument)
    ordered(proposal.endorse())
    return proposal.endorse


@case(26, "anyone", "takes a committed proposal to the endorser of {} itself", AGAIN, Place.PEER, each=PEERS)
def replayed_directly(ground: Ground, peer_of: str) -> Attempt:
    wallet = ground.wallet()
    argument = json.dumps(ground.request(ground.order(wallet), wallet))
    proposal = till_of(ground).proposal("payment:Pay", argument)
    ordered(proposal.endorse())
    return lambda: endorse_at(ground, peer_of, till_identity(ground), proposal)


@case(26, "anyone", "sends a committed envelope to {} again", PROCESSED, Place.ORDERING, each=CONSENTERS)
def replayed_at_once(ground: Ground, orderer_of: str) -> Attempt:
    transaction = endorsed(ground, ground.wallet())
    ordered(transaction)
    wake_consenters(ground.desk.network, ground.desk.channel)
    return lambda: order_at(ground, orderer_of, transaction.envelope)


def unchanged(_: Any) -> None:
    """Change nothing; only the signature will differ."""


SAME = {"as it was": None, "with another signature": unchanged}


@case(26, "anyone", "has a committed payment ordered again {}", DUPLICATE, Place.VALIDATION, each=SAME)
def replayed_later(ground: Ground, change: Callable[[Any], None] | None) -> Attempt:
    """Consenters that do not remember it order it again, to no effect."""
    transaction = ground.props.forgotten[change is None]
    envelope = transaction.envelope
    if change is not None:
        envelope = tampered(envelope, till_identity(ground), change)
    start = ground.height()

    def taken(orderer_of: str) -> bool:
        try:
            order_at(ground, orderer_of, envelope)
        except SubmitError as error:
            if not error.already_submitted:
                raise
            return False
        return True

    def attempt() -> None:
        takers = [orderer_of for orderer_of in CONSENTERS if taken(orderer_of)]
        assert takers, "every consenter remembers it"
        invalid_in_a_block(ground, transaction.transaction_id, start)

    return attempt


ALONE = {
    "the municipality": [MUNICIPALITY],
    "the shops": [SHOPS],
    "the auditor": [AUDITOR],
    "shops and auditor": [SHOPS, AUDITOR],
}
NOT_ENOUGH = "ENDORSEMENT_POLICY_FAILURE"


@case(27, "shop", "orders a payment that only {} endorsed", NOT_ENOUGH, Place.VALIDATION, each=ALONE)
def paid_alone(ground: Ground, by: list[str]) -> Attempt:
    wallet = ground.wallet()
    request = json.dumps(ground.request(ground.order(wallet), wallet))
    organisations = [mspid(ground.desk.network, name) for name in by]
    return lambda: till_of(ground).submit("payment:Pay", request, endorsing_organizations=organisations)


@case(27, "municipality", "orders a block that only {} endorsed", NOT_ENOUGH, Place.VALIDATION, each=ALONE)
def blocked_alone(ground: Ground, by: list[str]) -> Attempt:
    members = {"scheme": ground.scheme, "voucher": ground.wallet().voucher, "reason": "mistake"}
    request = json.dumps({"request_id": new_id(), **members})
    organisations = [mspid(ground.desk.network, name) for name in by]
    clerk = ground.desk.contract(MUNICIPALITY, "clerk")
    return lambda: clerk.submit("voucher:Block", request, endorsing_organizations=organisations)


def other_result(action: Any) -> None:
    """Change the amount in the payment's writes."""
    answer = m.proposal_response.ProposalResponsePayload.FromString(action.action.proposal_response_payload)
    assert b'"cents":1000' in answer.extension
    answer.extension = answer.extension.replace(b'"cents":1000', b'"cents":9999')
    action.action.proposal_response_payload = answer.SerializeToString()


def other_request(action: Any) -> None:
    """Change the amount in the request."""
    assert b'"cents": 1000' in action.chaincode_proposal_payload
    changed = action.chaincode_proposal_payload.replace(b'"cents": 1000', b'"cents": 9999')
    action.chaincode_proposal_payload = changed


def one_endorsement_twice(action: Any) -> None:
    """Make one organisation's endorsement count twice."""
    first = action.action.endorsements[0]
    del action.action.endorsements[:]
    action.action.endorsements.extend([first, first])


def another_endorser(action: Any) -> None:
    """Attribute the first endorser's signature to the second."""
    first, second = action.action.endorsements[:2]
    first.endorser = second.endorser


CHANGES: dict[str, Any] = {
    "other cents in its writes": other_result,
    "other cents in its request": (other_request, "INVALID_ENDORSER_TRANSACTION"),
    "one endorsement twice": one_endorsement_twice,
    "an endorsement in another's name": another_endorser,
}


@case(27, "shop", "orders an endorsed payment with {}", NOT_ENOUGH, Place.VALIDATION, each=CHANGES)
def altered(ground: Ground, change: Callable[[Any], None]) -> Attempt:
    transaction = endorsed(ground, ground.wallet())
    envelope = tampered(transaction.envelope, till_identity(ground), change)
    return lambda: ordered(never_offered(ground, envelope))


@case(27, "shop", "orders a payment of another till in its own name", "FORBIDDEN", Place.ORDERING)
def in_another_name(ground: Ground) -> Attempt:
    transaction = endorsed(ground, ground.wallet())
    other = identity_of(ground.desk.network, SHOPS, ground.other.user)
    envelope = tampered(transaction.envelope, other, unchanged)
    return lambda: ordered(never_offered(ground, envelope))
