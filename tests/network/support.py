"""What the tests on the network share: a town, and ways to reach a peer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from kindpakket.fabric import Contract, Identity, Profile, connect
from kindpakket.ids import new_id, new_salt
from kindpakket.municipality import BULK
from kindpakket.records import Line
from kindpakket.signing import PaymentOrder
from kindpakket_demo.desk import CHAINCODE, CHANNEL, Desk, Till
from kindpakket_demo.schemes import PRESET, OpenScheme
from kindpakket_demo.shops import Street
from kindpakket_demo.vouchers import activate
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network


@dataclass
class Town:
    """An open scheme, four shops that may sell and one that may not yet, and vouchers that nobody used."""

    desk: Desk
    scheme: OpenScheme
    street: Street
    keys: Iterator[Wallet]
    booklets: Iterator[Wallet]

    @property
    def till(self) -> Till:
        """A shop that sells books."""
        return self.street.open[0]

    def order(self, wallet: Wallet, cents: int = 1_000, till: Till | None = None) -> PaymentOrder:
        """An order for books."""
        lines: list[Line] = [{"category": "books", "cents": cents}]
        return (till or self.till).shop.order(self.scheme.id, wallet.voucher, lines)

    def available(self, wallet: Wallet) -> int:
        """What the voucher holds, in cents, as the municipality's peer says."""
        self.desk.in_step()
        return self.desk.clerk.voucher(self.scheme.id, wallet.voucher)["available_cents"]


def issue_to(desk: Desk, scheme: str, wallets: Sequence[Wallet]) -> None:
    """Record a case for each wallet's voucher, issue it by the scheme's preset, and activate it."""
    for start in range(0, len(wallets), BULK):
        ids = [wallet.voucher for wallet in wallets[start : start + BULK]]
        desk.clerk.record_cases(
            scheme, [{"voucher": each, "case": "Z-1", "salt": new_salt()} for each in ids]
        )
        desk.clerk.issue(
            scheme, [{"id": each, "entitlement": new_id(), "preset": PRESET, "units": 1} for each in ids]
        )
    activate(desk, scheme, wallets)


@contextmanager
def through(network: Network, peer_of: str, organisation: str, user: str) -> Iterator[Contract]:
    """The chaincode as a user of one organisation reaches it through the peer of another."""
    mspid = Profile.load(network.profile(organisation)).mspid
    identity = Identity.from_msp(network.user(organisation, user), mspid)
    with connect(Profile.load(network.profile(peer_of)), identity) as gateway:
        yield gateway.network(CHANNEL).contract(CHAINCODE)
