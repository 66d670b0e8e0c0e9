"""What the tests on a network share: the network itself, a town, and ways to reach a peer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fabric_gateway import Gateway, Identity, Profile, connect
from fabric_gateway import Network as Ledger
from kindpakket.holder.booklet import Booklet
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import PaymentOrder
from kindpakket.ledger.ids import new_id, new_salt
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import Decision, Issuance, Line
from kindpakket_demo.desk import CHANNEL, Desk, Till, now
from kindpakket_demo.schemes import PRESET, OpenScheme, open_provision
from kindpakket_demo.shops import Street, accredit
from kindpakket_demo.town import make_town
from kindpakket_demo.vouchers import activate, allocate
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.wait import until
from patience import PATIENCE

_SECONDS_TO_BE_SILENT = 20


@dataclass
class Town:
    """An open scheme, four shops that may sell and one that may not yet, and unused vouchers."""

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
        return (till or self.till).shop.order(self.scheme.id, wallet.voucher, books(cents))

    def available(self, wallet: Wallet) -> int:
        """The voucher's balance in cents, according to the municipality's peer."""
        self.desk.in_step()
        return self.desk.clerk.vouchers.show(self.scheme.id, wallet.voucher)["available_cents"]


@contextmanager
def running(topology: Topology, folder: Path) -> Iterator[Network]:
    """A network on free ports, always stopped at the end."""
    made = Network(topology.with_free_ports(), folder / ".kindpakket")
    try:
        made.up(progress=print)
        yield made
    finally:
        made.down()


def found_town(desk: Desk, vouchers: int) -> Town:
    """Open a scheme, accredit four shops that sell, and hand out vouchers, every sixth one as a booklet."""
    today = now()
    scheme = open_provision(desk, 2 * vouchers, today)
    stores = make_town(1, 1, today.date(), seed=7).shops
    selling_books = tuple(store for store in stores if "books" in store.categories)
    street = accredit(desk, (*selling_books, stores[1]), stores[2], today.date())
    wallets = [
        Wallet(new_id(), HolderKey.generate() if number % 6 else Booklet.generate(8))
        for number in range(vouchers)
    ]
    issue_to(desk, scheme.id, wallets)
    return Town(
        desk,
        scheme,
        street,
        keys=iter([wallet for wallet in wallets if not wallet.on_paper]),
        booklets=iter([wallet for wallet in wallets if wallet.on_paper]),
    )


def open_shop(desk: Desk, name: str, category: str = "books", seed: int = 3) -> Till:
    """A shop that sells from today on, with the account of the invented shop of a seed."""
    store = make_town(1, 1, now().date(), seed=seed).shops[0]
    till = desk.till(store, name)
    till.shop.registration.apply(
        [category], iban=store.iban, holder=store.name, kvk=store.kvk, contact="administratie"
    )
    desk.in_step()
    desk.manager.shops.approve(till.shop.shop_id, [{"code": category, "from": now().date().isoformat()}])
    desk.in_step()
    return till


def books(cents: int) -> list[Line]:
    """A line of books."""
    return [{"category": "books", "cents": cents}]


def with_key(desk: Desk, scheme: str) -> Wallet:
    """A voucher of a scheme, issued and bound to a key."""
    wallet = Wallet(new_id(), HolderKey.generate())
    issue_to(desk, scheme, [wallet])
    return wallet


def issue_to(desk: Desk, scheme: str, wallets: Sequence[Wallet]) -> None:
    """Issue the wallets' vouchers, and activate them."""
    issue_unbound(desk, scheme, wallets)
    activate(desk, scheme, wallets)


def issue_unbound(desk: Desk, scheme: str, wallets: Sequence[Wallet]) -> None:
    """Record a case for each wallet's voucher, and issue it by the scheme's preset."""
    issuances: list[Issuance] = [
        {"id": wallet.voucher, "entitlement": new_id(), "preset": PRESET, "units": 1} for wallet in wallets
    ]
    lines = ApprovableList.cut(issuances)
    allocation = allocate(desk, scheme, "issue", lines)
    for part in lines.parts:
        desk.clerk.vouchers.record_cases(
            scheme, [{"voucher": line["id"], "case": "Z-1", "salt": new_salt()} for line in part.lines]
        )
        desk.in_step()
        desk.clerk.vouchers.issue(scheme, allocation, part)
        desk.in_step()


def agreed(desk: Desk, decision: Decision) -> Decision:
    """Have the manager approve what the clerk proposed."""
    desk.in_step()
    taken = desk.manager.decisions.approve(decision["id"])
    desk.in_step()
    return taken


def end_shop(desk: Desk, shop: str, reason: str) -> None:
    """End a shop by two persons."""
    agreed(desk, desk.clerk.shops.propose_end(shop, reason, 0))


def revoke(desk: Desk, scheme: str, voucher: str, reason: str) -> Decision:
    """Revoke a voucher by two persons."""
    return agreed(desk, desk.clerk.vouchers.propose_revocation(scheme, [voucher], reason))


def in_step(network: Network, channel: str) -> None:
    """Wait until all peers of a channel have all blocks that any of them has now."""
    inventory = Inventory.of(network.topology, Home(network.home))
    peers = inventory.peers_on(network.topology, network.topology.channel(channel))
    highest = max(peer.height(channel) or 0 for peer in peers)
    for peer in peers:

        def caught_up(peer: Peer = peer) -> bool | None:
            return (peer.height(channel) or 0) >= highest or None

        assert until(caught_up, PATIENCE), f"{peer.node} lags behind: see its log"


def wake_consenters(network: Network, channel: str = CHANNEL) -> None:
    """Restart consenters that lag behind the others, as operators do (docs/architecture.md says when).

    A consenter that fell silent does not accept an envelope that is sent to it alone.
    """
    home = Home(network.home)
    consenters = Inventory.of(network.topology, home).consenters_of(network.topology.channel(channel))

    def height(node: Orderer) -> int:
        return int((node.participation(channel) or {"height": 0})["height"])

    highest = max(map(height, consenters))
    for node in consenters:

        def in_step(node: Orderer = node) -> bool | None:
            return height(node) >= highest or None

        if until(in_step, _SECONDS_TO_BE_SILENT) is None:
            network.stop(node.node)
            network.start(node.node)
            assert until(in_step, PATIENCE), f"{node.node} lags behind: see its log"


def doubted_votes(network: Network) -> list[str]:
    """The orderers that doubted another's vote, as when a policy excludes consenters."""
    orderers = [node for node in network.nodes() if node.startswith("orderer.")]
    return [node for node in orderers if "Couldn't verify" in network.log(node).read_text(errors="replace")]


def identity_of(network: Network, organisation: str, user: str) -> Identity:
    """A user's certificate and key."""
    mspid = Profile.load(network.profile(organisation)).mspid
    return Identity.from_msp(network.user(organisation, user), mspid)


@contextmanager
def through(
    network: Network, peer_of: str, organisation: str, user: str, channel: str = CHANNEL
) -> Iterator[Ledger]:
    """A channel, as a user of one organisation reaches it through the peer of another."""
    with gateway_at(network, peer_of, identity_of(network, organisation, user)) as gateway:
        yield gateway.network(channel)


def gateway_at(network: Network, peer_of: str, identity: Identity) -> Gateway:
    """The gateway at an organisation's peer, for any identity."""
    return connect(Profile.load(network.profile(peer_of)), identity)
