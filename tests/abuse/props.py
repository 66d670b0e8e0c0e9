"""What several attempts share: shops and vouchers in states that cause refusals, and unusual users."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from datetime import timedelta
from functools import cached_property
from typing import Any

from identities import reissued
from support import Town, gateway_at, issue_to, issue_unbound

from fabric_gateway import Contract, Transaction
from kindpakket.holder.key import HolderKey
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.refusals import Refusal
from kindpakket.municipality import Municipality
from kindpakket_demo.desk import CHAINCODE, SHOPS, Till, now
from kindpakket_demo.schemes import OpenScheme, open_provision, open_short
from kindpakket_demo.wallets import Wallet
from kindpakket_network.programs.wait import in_parallel, until
from patience import PATIENCE

# If the first ends before the vouchers are issued, the next is tried.
SHORT_SECONDS = (15, 60, 240)
BLOCKS_BETWEEN = 5


class Props:
    """Things that are created on a town's channel on first use.

    Args:
        town: the town.

    Attributes:
        opened: connections that are closed at the end of the session.
    """

    def __init__(self, town: Town) -> None:
        self.town = town
        self.desk = town.desk
        self.opened = ExitStack()
        self._ending, self._expired = self._ending_in(*SHORT_SECONDS)

    def _ending_in(self, seconds: int, *more: int) -> tuple[OpenScheme, list[Wallet]]:
        """A scheme that ends soon, with active vouchers."""
        ending = open_short(self.desk, 2, now(), seconds)
        wallets = [Wallet(new_id(), HolderKey.generate()) for _ in range(2)]
        try:
            issue_to(self.desk, ending.id, wallets)
        except Refusal:
            if not more:
                raise
            return self._ending_in(*more)
        return ending, wallets

    @cached_property
    def expired(self) -> tuple[OpenScheme, list[Wallet]]:
        """A scheme that has ended, with active vouchers."""
        ended = until(lambda: time.time() > self._ending.rules["ends_at"] or None, PATIENCE)
        assert ended, "this machine's clock stands still"
        return self._ending, self._expired

    @cached_property
    def suspended(self) -> Till:
        """A shop that was approved and then suspended."""
        till = self.shop("suspended", "books")
        self.desk.manager.shops.suspend(till.shop.shop_id, "inspection")
        self.desk.in_step()
        return till

    @cached_property
    def strict(self) -> Till:
        """A shop that wants a second person for refunds of more than 500 cents of a payment."""
        till = self.shop("strict", "books")
        till.shop.registration.limit_refunds(500)
        self.desk.in_step()
        return till

    @cached_property
    def later(self) -> Till:
        """A shop that may sell books from tomorrow."""
        return self.shop("later", "books", days=1)

    @cached_property
    def unbound(self) -> Wallet:
        """A voucher that was issued but not activated."""
        wallet = Wallet(new_id(), HolderKey.generate())
        issue_unbound(self.desk, self.town.scheme.id, [wallet])
        return wallet

    @cached_property
    def unknown(self) -> Till:
        """A shop that has not applied."""
        return self.desk.till(self.town.till.store, "unknown")

    @cached_property
    def closing(self) -> OpenScheme:
        """A separate scheme, whose days may be closed."""
        return self.scheme(0)[0]

    @cached_property
    def drafted(self) -> tuple[str, str]:
        """A scheme, and a settlement in it that the clerk has drafted for the town's first shop."""
        scheme, (wallet,) = self.scheme(1)
        shop = self.town.till.shop
        order = shop.order(scheme.id, wallet.voucher, [{"category": "books", "cents": 1_000}])
        shop.pay(order, wallet.authorise(order))
        self.desk.in_step()
        self.desk.clerk.schemes.close_day(scheme.id, now().date())
        self.desk.in_step()
        settlement = self.desk.clerk.settlements.draft(scheme.id, shop.shop_id)["id"]
        self.desk.in_step()
        return scheme.id, settlement

    def approved(self, user: str) -> tuple[Till, str, str]:
        """A new shop, a scheme, and a settlement of the shop in it that the manager approved."""
        till = self.shop(user, "books")
        scheme, (wallet,) = self.scheme(1)
        order = till.shop.order(scheme.id, wallet.voucher, [{"category": "books", "cents": 1_000}])
        till.shop.pay(order, wallet.authorise(order))
        self.desk.in_step()
        self.desk.clerk.schemes.close_day(scheme.id, now().date())
        self.desk.in_step()
        settlement = till.shop.settlements.draft(scheme.id)["id"]
        self.desk.in_step()
        self.desk.manager.settlements.approve(scheme.id, settlement)
        self.desk.in_step()
        return till, scheme.id, settlement

    @cached_property
    def forgotten(self) -> list[Transaction]:
        """Committed payments that no consenter remembers: each remembers only its last thousand."""
        made = []
        for _ in range(2):
            wallet = next(self.town.keys)
            order = self.town.order(wallet)
            argument = json.dumps(order.request(wallet.authorise(order)))
            contract = self.desk.contract(SHOPS, self.town.till.user)
            made.append(contract.proposal("payment:Pay", argument).endorse())
            assert made[-1].submit().status().successful
        # On start, a consenter reads its last blocks again, and remembers what is in them.
        for _ in range(BLOCKS_BETWEEN):
            self.desk.clerk.caller.contract.submit("organisations:Show", "{}")
        self.restart_consenters()
        return made

    def restart_consenters(self) -> None:
        """Stop all consenters and start them again, and wait until they order."""
        network = self.desk.network
        consenters = [node for node in network.nodes() if node.startswith("orderer.")]
        in_parallel(network.stop, consenters)
        for node in consenters:
            network.start(node)
        leads = until(lambda: network.leader(self.desk.channel), PATIENCE)
        assert leads, "no consenter leads after the restart"
        self.desk.clerk.schemes.draft(self.rules(name="after-the-restart"), 1_000)
        self.desk.in_step()

    def renewed(self, user: str) -> Municipality:
        """A user of the municipality, with a certificate that was reissued for a new key."""
        identity = reissued(self.desk.network, self.desk.municipality, user)
        gateway = self.opened.enter_context(gateway_at(self.desk.network, self.desk.municipality, identity))
        return Municipality(gateway.network(self.desk.channel).contract(CHAINCODE))

    def shop(self, user: str, category: str, days: int = 0) -> Till:
        """A shop that was approved for one category, starting `days` days from now."""
        store = self.town.till.store
        till = self.desk.till(store, user)
        till.shop.registration.apply(
            (category,), iban=store.iban, holder=store.name, kvk=store.kvk, contact="administratie"
        )
        self.desk.in_step()
        start = now().date() + timedelta(days=days)
        self.desk.manager.shops.approve(till.shop.shop_id, [{"code": category, "from": start.isoformat()}])
        self.desk.in_step()
        return till

    def scheme(self, vouchers: int) -> tuple[OpenScheme, list[Wallet]]:
        """A separate scheme with active vouchers."""
        scheme = open_provision(self.desk, vouchers + 1, now())
        wallets = [Wallet(new_id(), HolderKey.generate()) for _ in range(vouchers)]
        if wallets:
            issue_to(self.desk, scheme.id, wallets)
        return scheme, wallets

    def opened_scheme(self, budget: int, **changes: Any) -> str:
        """Open a separate scheme with a budget in cents and some rules changed, and return its id."""
        rules = self.rules(name="own-budget", **changes)
        scheme = self.desk.clerk.schemes.draft(rules, budget)["id"]
        self.desk.in_step()
        self.desk.manager.schemes.approve(scheme)
        self.desk.in_step()
        self.desk.clerk.schemes.open(scheme)
        self.desk.in_step()
        return scheme

    def user(self, organisation: str, name: str, **attributes: str) -> Contract:
        """The chaincode, as called by a user with these attributes, who is enrolled if necessary."""
        named = {f"kindpakket.{key}": value for key, value in attributes.items()}
        self.desk.network.enrol(organisation, name, named)
        return self.desk.contract(organisation, name)

    def official(self, name: str, **attributes: str) -> Municipality:
        """A user of the municipality with these attributes."""
        return Municipality(self.user(self.desk.municipality, name, **attributes))

    def rules(self, **changes: Any) -> Any:
        """The rules of the town's scheme, with some of them changed."""
        return {**self.town.scheme.rules, "name": "refused", **changes}
