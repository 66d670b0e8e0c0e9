"""Identities that have no rights: strangers, forged and expired ones; and those that may not read blocks."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ground import Ground
from identities import dated, forged, stranger
from support import gateway_at, identity_of
from table import Attempt, by_name, case
from verdict import Place
from wire import blocks_of, order_at, private_blocks

from fabric_gateway import Identity
from fabric_gateway import Network as Ledger
from kindpakket.ledger.ids import new_id
from kindpakket_demo.desk import AUDITOR, CHAINCODE, MUNICIPALITY, SHOPS
from kindpakket_network.programs.wait import until

CONSENTERS = by_name(MUNICIPALITY, SHOPS, AUDITOR, "regie")
UNKNOWN, EXPIRED = "creator org unknown", "proposal client identity expired"
NO_READER = "policy requires 1 of the 'Readers' sub-policies"
DENIED = "PERMISSION_DENIED"
SECOND, LIFE = timedelta(seconds=1), timedelta(seconds=8)

Doing = Callable[[Ledger, str], object]
Reading = Callable[[Ledger], object]
DOINGS: dict[str, Doing] = {
    "asks": lambda ledger, scheme: ledger.contract(CHAINCODE).evaluate("scheme:Show", show(scheme)),
    "submits": lambda ledger, scheme: ledger.contract(CHAINCODE).submit("scheme:Open", open_again(scheme)),
}
BLOCKS: dict[str, Reading] = {
    "blocks": lambda ledger: next(iter(ledger.blocks(0, 0))),
    "filtered blocks": lambda ledger: next(iter(ledger.filtered_blocks(0, 0))),
}
READINGS: dict[str, Reading] = {
    **BLOCKS,
    "chaincode events": lambda ledger: next(iter(ledger.chaincode_events(CHAINCODE, start_block=0))),
}


def show(scheme: str) -> str:
    return json.dumps({"scheme": scheme})


def open_again(scheme: str) -> str:
    return json.dumps({"request_id": new_id(), "scheme": scheme})


def at(ground: Ground, peer_of: str, identity: Identity) -> Ledger:
    """The channel, as any identity reaches it through an organisation's peer."""
    gateway = ground.props.opened.enter_context(gateway_at(ground.desk.network, peer_of, identity))
    return gateway.network(ground.desk.channel)


def operators_client(ground: Ground) -> Identity:
    """A client of an organisation that orders for the channel but is not a member of its application."""
    ground.desk.network.enrol("regie", "operator")
    return identity_of(ground.desk.network, "regie", "operator")


OUTSIDERS: dict[str, Callable[[Ground], Identity]] = {
    "an organisation unknown here": lambda ground: stranger(),
    "the operator": operators_client,
}


@case(24, "client of an organisation unknown here", "{}", UNKNOWN, Place.PEER, each=DOINGS)
def unknown_organisation(ground: Ground, doing: Doing) -> Attempt:
    ledger = at(ground, SHOPS, stranger())
    return lambda: doing(ledger, ground.scheme)


@case(24, "client of an organisation unknown here", "reads {}", DENIED, Place.PEER, each=READINGS)
def unknown_organisation_reads(ground: Ground, reading: Reading) -> Attempt:
    ledger = at(ground, SHOPS, stranger())
    return lambda: reading(ledger)


@case(24, "forger of a clerk's certificate", "{}", UNKNOWN, Place.PEER, each=DOINGS)
def forger(ground: Ground, doing: Doing) -> Attempt:
    ledger = at(ground, MUNICIPALITY, forged(ground.desk.network, MUNICIPALITY, "clerk"))
    return lambda: doing(ledger, ground.scheme)


@case(24, "client of the operator, which orders only,", "{}", NO_READER, Place.PEER, each=DOINGS)
def operator(ground: Ground, doing: Doing) -> Attempt:
    """The channel knows the operator as an orderer: its clients are not strangers, but may do nothing."""
    ledger = at(ground, SHOPS, operators_client(ground))
    return lambda: doing(ledger, ground.scheme)


@case(24, "client of the operator, which orders only,", "reads {}", DENIED, Place.PEER, each=READINGS)
def operator_reads(ground: Ground, reading: Reading) -> Attempt:
    ledger = at(ground, SHOPS, operators_client(ground))
    return lambda: reading(ledger)


@case(24, "client of {}", "reads blocks at its own consenter", DENIED, Place.PEER, each=OUTSIDERS)
def outsiders_read_at_a_consenter(ground: Ground, outsider: Callable[[Ground], Identity]) -> Attempt:
    identity = outsider(ground)
    return lambda: blocks_of(ground, "regie", identity)


@case(25, "client whose certificate expired", "{}", EXPIRED, Place.PEER, each=DOINGS)
def expired(ground: Ground, doing: Doing) -> Attempt:
    ledger = at(ground, MUNICIPALITY, dated(ground.desk.network, MUNICIPALITY, "clerk", -4 * SECOND, -SECOND))
    return lambda: doing(ledger, ground.scheme)


@case(25, "client whose certificate expired", "reads {}", DENIED, Place.PEER, each=BLOCKS)
def expired_reads(ground: Ground, reading: Reading) -> Attempt:
    ledger = at(ground, MUNICIPALITY, dated(ground.desk.network, MUNICIPALITY, "clerk", -4 * SECOND, -SECOND))
    return lambda: reading(ledger)


@case(
    25,
    "client",
    "whose certificate expired orders what was endorsed before",
    "broadcast client identity expired",
    Place.ORDERING,
)
def expired_meanwhile(ground: Ground) -> Attempt:
    identity = dated(ground.desk.network, MUNICIPALITY, "clerk", -SECOND, LIFE)
    contract = at(ground, MUNICIPALITY, identity).contract(CHAINCODE)
    members = {"scheme": ground.scheme, "voucher": ground.wallet().voucher, "reason": "mistake"}
    argument = json.dumps({"request_id": new_id(), **members})
    withheld = contract.proposal("voucher:Block", argument).endorse()
    end = identity.certificate.not_valid_after_utc
    assert until(lambda: datetime.now(UTC) > end or None, 2 * LIFE.total_seconds())
    return withheld.submit


@case(23, "till client", "reads {}", DENIED, Place.PEER, each=READINGS)
def till_reads(ground: Ground, reading: Reading) -> Attempt:
    ledger = ground.desk.ledger(SHOPS, ground.till.user)
    return lambda: reading(ledger)


@case(23, "till client", "reads blocks with private data", DENIED, Place.PEER)
def till_reads_private(ground: Ground) -> Attempt:
    identity = identity_of(ground.desk.network, SHOPS, ground.till.user)
    return lambda: private_blocks(ground, SHOPS, identity, 0)


@case(23, "till client", "reads blocks at the consenter of {}", DENIED, Place.PEER, each=CONSENTERS)
def till_reads_at_a_consenter(ground: Ground, orderer_of: str) -> Attempt:
    identity = identity_of(ground.desk.network, SHOPS, ground.till.user)
    return lambda: blocks_of(ground, orderer_of, identity)


SYSTEM: dict[str, list[str]] = {
    "the height": ["qscc", "GetChainInfo"],
    "a block by number": ["qscc", "GetBlockByNumber", "1"],
    "a block by hash": ["qscc", "GetBlockByHash", "1"],
    "a transaction": ["qscc", "GetTransactionByID", "1"],
    "the block of a transaction": ["qscc", "GetBlockByTxID", "1"],
    "the block of the configuration": ["cscc", "GetConfigBlock"],
}


@case(23, "till client", "asks its peer for {}", "access denied", Place.PEER, each=SYSTEM)
def till_asks_the_peer(ground: Ground, call: list[str]) -> Attempt:
    chaincode, name, *arguments = call
    contract = ground.desk.ledger(SHOPS, ground.till.user).contract(chaincode)
    return lambda: contract.evaluate(name, ground.desk.channel, *arguments)


ADMINISTRATION: dict[str, list[str | bytes]] = {
    "lists installed chaincodes": ["_lifecycle", "QueryInstalledChaincodes", b""],
    "installs a chaincode": ["_lifecycle", "InstallChaincode", b""],
}


@case(23, "till client", "{}", "The identity is not an admin", Place.PEER, each=ADMINISTRATION)
def till_administers(ground: Ground, call: list[str]) -> Attempt:
    chaincode, name, *arguments = call
    contract = ground.desk.ledger(SHOPS, ground.till.user).contract(chaincode)
    return lambda: contract.evaluate(name, *arguments)


@case(
    22,
    "auditor's client",
    "offers an endorsed query to {} itself",
    "FORBIDDEN",
    Place.ORDERING,
    each=CONSENTERS,
)
def auditor_orders(ground: Ground, orderer_of: str) -> Attempt:
    contract = ground.desk.contract(AUDITOR, "auditor")
    transaction = contract.proposal("scheme:Show", show(ground.scheme)).endorse()
    return lambda: order_at(ground, orderer_of, transaction.envelope)
