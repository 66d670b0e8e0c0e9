"""Shops of the benchmark: each with a certificate of its own, accredited to sell books."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from fabric_gateway import Identity, Profile, connect
from kindpakket.ledger.ids import new_id
from kindpakket.shop import Shop
from kindpakket.shop.orders import Orders
from kindpakket_demo.desk import CHAINCODE, SHOPS, Desk, now
from kindpakket_demo.town import Store, make_town
from kindpakket_network.certificates.enrolment import ensure
from kindpakket_network.nodes.authority import IDENTITIES
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.issue import Issue
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.wait import in_parallel

_ENROLMENTS_AT_ONCE = 4
_AT_ONCE = 16
_FILES_FOR_EACH = 2
_OTHER_FILES = 500


@dataclass(frozen=True)
class Seller:
    """A shop that may sell.

    Attributes:
        user: the name that its till's certificate was issued under.
        orders: makes the orders of its customers; its `shop_id` is the shop's.
    """

    user: str
    orders: Orders

    @property
    def shop_id(self) -> str:
        """The shop's id."""
        return self.orders.shop_id


def enrol(desk: Desk, count: int) -> list[Seller]:
    """Have a certificate issued to each of so many new shops, some at a time."""
    home = Home(desk.network.home)
    authority = Inventory.of(desk.network.topology, home).authorities[SHOPS]
    domain = desk.clerk.caller.domain

    def seller(number: int) -> Seller:
        shop_id = new_id()
        user = f"shop-{number:04}-{shop_id[:8]}"
        attributes = {
            "kindpakket.role": "shopkeeper",
            "kindpakket.person": f"p-{shop_id[:8]}",
            "kindpakket.shop": shop_id,
        }
        ensure(authority, Issue(home.user(SHOPS, user) / "msp", IDENTITIES, user, "client", attributes))
        return Seller(user, Orders(domain, shop_id, None))

    with home.locked():
        return in_parallel(seller, range(count), _ENROLMENTS_AT_ONCE)


def admit(desk: Desk, sellers: Sequence[Seller]) -> None:
    """Have shops apply, over a connection of each that is closed afterwards, and approve them."""
    today = now().date()
    books = [store for store in make_town(1, 1, today, seed=1).shops if "books" in store.categories]
    profile = Profile.load(desk.network.profile(SHOPS))

    def apply(pair: tuple[Seller, Store]) -> None:
        seller, store = pair
        identity = Identity.from_msp(desk.network.user(SHOPS, seller.user), profile.mspid)
        with connect(profile, identity) as gateway:
            contract = gateway.network(desk.channel).contract(CHAINCODE)
            Shop(contract, seller.shop_id).registration.apply(
                store.categories, iban=store.iban, holder=store.name, kvk=store.kvk, contact="administratie"
            )

    def approve(pair: tuple[Seller, Store]) -> None:
        seller, store = pair
        desk.manager.shops.approve(
            seller.shop_id, [{"code": code, "from": today.isoformat()} for code in store.categories]
        )

    pairs = list(zip(sellers, cycle(books), strict=False))
    in_parallel(apply, pairs, _AT_ONCE)
    desk.in_step()
    in_parallel(approve, pairs, _AT_ONCE)
    desk.in_step()


def allow_files(connections: int) -> None:
    """Let this process have as many files open as so many connections need, if the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections * _FILES_FOR_EACH + _OTHER_FILES
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
