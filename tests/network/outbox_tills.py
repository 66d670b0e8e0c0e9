"""Tills as separate processes, which pay through an outbox until they are done or killed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import killing
from fabric_gateway import Gateway, Identity, Outbox, Profile, connect

TRANSACTION = "payment:Pay"


@dataclass(frozen=True, slots=True)
class Desk:
    """How a till reaches its peer, and where its outbox is."""

    outbox: Path
    profile: Path
    msp: Path
    channel: str
    chaincode: str

    def connect(self) -> Gateway:
        """The gateway at the peer of the till's organisation."""
        profile = Profile.load(self.profile)
        return connect(profile, Identity.from_msp(self.msp, profile.mspid))


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment, as the chaincode accepts it."""

    request_id: str
    argument: str


def pay_one(instants: killing.Instants, desk: Desk, payment: Payment) -> None:
    """Pay, and die at the chosen instant."""
    killing.watch_outbox(instants)
    pay_all(desk, [payment])


def pay_all(desk: Desk, payments: Sequence[Payment]) -> None:
    """Make payments one after another."""
    with Outbox(desk.outbox) as outbox, desk.connect() as gateway:
        for payment in payments:
            pay(outbox, gateway, desk, payment)


def pay(outbox: Outbox, gateway: Gateway, desk: Desk, payment: Payment) -> bytes:
    """Pay through the outbox; a payment that was already made returns its earlier answer."""
    contract = gateway.network(desk.channel).contract(desk.chaincode)
    return outbox.submit(contract, payment.request_id, TRANSACTION, payment.argument, conflict_attempts=8)
