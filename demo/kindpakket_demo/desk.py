"""The desks: connections of the demo's users to their organisations' peers."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from fabric_gateway import Contract, Gateway, Identity, Profile, connect
from fabric_gateway import Network as Ledger
from kindpakket.auditor.auditor import Auditor
from kindpakket.ledger.days import AMSTERDAM
from kindpakket.ledger.ids import new_id
from kindpakket.municipality import Municipality
from kindpakket.shop import Shop
from kindpakket_demo.town import Store
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network
from kindpakket_network.programs.wait import until

CHANNEL = "zuidhorn"
CHAINCODE = "kindpakket"
MUNICIPALITY, SHOPS, AUDITOR = "gemeente", "winkels", "auditor"
SECONDS_TO_CATCH_UP = 20


class DemoFailed(Exception):
    """The demo did not go as expected."""


@dataclass(frozen=True, slots=True)
class Till:
    """A shop's till; `user` is the name that its certificate was issued under."""

    store: Store
    shop: Shop
    user: str

    def available(self, scheme: str, wallet: Wallet) -> int:
        """What is left on a voucher, in cents, which its holder shows to the till."""
        order = self.shop.allowance_order(scheme, wallet.voucher)
        return self.shop.allowance(order, wallet.show(order))["available_cents"]


class Desk:
    """Connections of one run to one municipality's channel. They are closed together.

    Attributes:
        network: the network in use.
        results: folder for the files that the run writes.
        random: source of all of the run's choices that need not be secret.
        municipality: name of the municipality's organisation.
        channel: name of its channel.
    """

    def __init__(
        self,
        network: Network,
        results: Path,
        random: Random,
        *,
        municipality: str = MUNICIPALITY,
        channel: str = CHANNEL,
    ) -> None:
        self.network = network
        self.results = results
        self.random = random
        self.municipality = municipality
        self.channel = channel
        self._open = ExitStack()
        self._gateways: dict[tuple[str, str], Gateway] = {}
        self.clerk = Municipality(self.contract(municipality, "clerk"))
        self.manager = Municipality(self.contract(municipality, "manager"))
        self.treasurer = Municipality(self.contract(municipality, "treasurer"))
        self.auditor = Auditor(self.contract(AUDITOR, "auditor"), self.ledger(AUDITOR, "auditor"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def gateway(self, organisation: str, user: str) -> Gateway:
        """A user's connection to its organisation's peer. It is made once and then reused."""
        if (organisation, user) in self._gateways:
            return self._gateways[organisation, user]
        profile = Profile.load(self.network.profile(organisation))
        identity = Identity.from_msp(self.network.user(organisation, user), profile.mspid)
        gateway = self._open.enter_context(connect(profile, identity))
        self._gateways[organisation, user] = gateway
        return gateway

    def ledger(self, organisation: str, user: str) -> Ledger:
        """The channel, seen through the user's own peer."""
        return self.gateway(organisation, user).network(self.channel)

    def contract(self, organisation: str, user: str) -> Contract:
        """The chaincode as a user calls it."""
        return self.ledger(organisation, user).contract(CHAINCODE)

    def in_step(self) -> None:
        """Wait until every organisation's peer has all blocks that any of them has now.

        What one organisation has committed may reach another's peer a moment later.

        Raises:
            DemoFailed: a peer did not catch up in time.
        """
        organisations = (self.municipality, SHOPS, AUDITOR)
        height = max(self._height(organisation) for organisation in organisations)
        for organisation in organisations:

            def caught_up(organisation: str = organisation) -> bool | None:
                return self._height(organisation) >= height or None

            if until(caught_up, SECONDS_TO_CATCH_UP) is None:
                raise DemoFailed(
                    f"the peer of {organisation} did not reach height {height} on channel {self.channel} "
                    f"within {SECONDS_TO_CATCH_UP} s: see its log"
                )

    def _height(self, organisation: str) -> int:
        return self.ledger(organisation, "admin").ledger_height()

    def till(self, store: Store, user: str) -> Till:
        """Enrol a shop's user under a new shop id and connect it."""
        shop_id = new_id()
        attributes = {
            "kindpakket.role": "shopkeeper",
            "kindpakket.person": f"p-{shop_id[:8]}",
            "kindpakket.shop": shop_id,
        }
        name = f"{user}-{shop_id[:8]}"
        self.network.enrol(SHOPS, name, attributes)
        return Till(store, Shop(self.contract(SHOPS, name), shop_id), name)

    def here(self, till: Till) -> Till:
        """The same shop, with the same certificate, on this desk's channel."""
        return Till(till.store, Shop(self.contract(SHOPS, till.user), till.shop.shop_id), till.user)


def now() -> datetime:
    """The current time, in the time zone in which days are counted."""
    return datetime.now(AMSTERDAM)
