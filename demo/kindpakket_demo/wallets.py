"""Holders' wallets: a key on a device, or a paper booklet whose pages are used in turn."""

from __future__ import annotations

from random import Random

from kindpakket.holder.booklet import Booklet
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import AllowanceOrder, Order, ReleaseOrder
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import Activation, Proof

PAGES = 32


class Wallet:
    """The holder's side of one voucher.

    Attributes:
        voucher: the voucher's id.
        authority: the holder's key or booklet.
        last_page: the last page that was used; 0 at first.
    """

    def __init__(self, voucher: str, authority: HolderKey | Booklet) -> None:
        self.voucher = voucher
        self.authority = authority
        self.last_page = 0

    @property
    def on_paper(self) -> bool:
        """Whether the holder has a booklet."""
        return isinstance(self.authority, Booklet)

    def activate(self, domain: Domain, scheme: str) -> Activation:
        """Make the holder's part of the activation."""
        return self.authority.activate(domain, scheme, self.voucher)

    def authorise(self, order: Order) -> Proof:
        """Agree to a payment or hold, with the key or the next page."""
        if isinstance(self.authority, HolderKey):
            return self.authority.authorise(order)
        self.last_page += 1
        return self.authorise_again(order)

    def show(self, order: AllowanceOrder) -> Proof:
        """Show the voucher to a shop, with the key or the next page, which may pay afterwards."""
        if isinstance(self.authority, HolderKey):
            return self.authority.authorise(order)
        return self.authority.page(self.last_page + 1).authorise(order)

    def authorise_again(self, order: Order | ReleaseOrder) -> Proof:
        """Agree with the key, or once more with the page that was used last, as to release its hold."""
        if isinstance(self.authority, HolderKey):
            return self.authority.authorise(order)
        return self.authority.page(self.last_page).authorise(order)


def hand_out(vouchers: list[str], random: Random) -> list[Wallet]:
    """Give one holder in four a booklet, one in ten a P-256 key (as in browsers), the others Ed25519 keys."""
    wallets = []
    for voucher in vouchers:
        draw = random.random()
        authority: HolderKey | Booklet
        if draw < 0.25:
            authority = Booklet.generate(PAGES)
        else:
            authority = HolderKey.generate("p256" if draw < 0.35 else "ed25519")
        wallets.append(Wallet(voucher, authority))
    return wallets
