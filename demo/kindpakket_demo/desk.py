"""Who sits at which desk: connections of the demo's users to their organisations' peers."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from kindpakket.auditor import Auditor
from kindpakket.fabric import Contract, Gateway, Identity, Profile, connect
from kindpakket.fabric import Network as Channel
from kindpakket.ids import new_id
from kindpakket.municipality import Municipality
from kindpakket.shop import Shop
from kindpakket_network import Network

from .town import Store

CHANNEL = "zuidhorn"
CHAINCODE = "kindpakket"
MUNICIPALITY, SHOPS, AUDITOR = "gemeente", "winkels", "auditor"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class DemoFailed(Exception):
    """Something went otherwise than it must."""


@dataclass(frozen=True, slots=True)
class Till:
    """A shop of the town at its till."""

    store: Store
    shop: Shop


class Desk:
    """Connections of one run; closed together.

    Attributes:
        network: the network that is used.
        results: folder for what the run makes.
        random: source of all choices of the run that need not be secret.
    """

    def __init__(self, network: Network, results: Path, random: Random) -> None:
        self.network = network
        self.results = results
        self.random = random
        self._open = ExitStack()
        self.clerk = Municipality(self.contract(MUNICIPALITY, "clerk"))
        self.manager = Municipality(self.contract(MUNICIPALITY, "manager"))
        self.treasurer = Municipality(self.contract(MUNICIPALITY, "treasurer"))
        channel = self.gateway(AUDITOR, "auditor").network(CHANNEL)
        self.auditor = Auditor(channel.contract(CHAINCODE), channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def gateway(self, organisation: str, user: str) -> Gateway:
        """A connection of a user to the peer of the user's organisation."""
        return self._connected(organisation, self.network.user(organisation, user))

    def contract(self, organisation: str, user: str) -> Contract:
        """The chaincode as a user calls it."""
        return self.gateway(organisation, user).network(CHANNEL).contract(CHAINCODE)

    def till(self, store: Store, user: str) -> Till:
        """Enrol a shop's user under a new shop id and connect it."""
        shop_id = new_id()
        attributes = {
            "kindpakket.role": "shopkeeper",
            "kindpakket.person": f"p-{shop_id[:8]}",
            "kindpakket.shop": shop_id,
        }
        folder = self.network.enrol(SHOPS, f"{user}-{shop_id[:8]}", attributes)
        channel: Channel = self._connected(SHOPS, folder).network(CHANNEL)
        return Till(store, Shop(channel.contract(CHAINCODE), shop_id))

    def _connected(self, organisation: str, folder: Path) -> Gateway:
        profile = Profile.load(self.network.profile(organisation))
        identity = Identity.from_msp(folder, profile.mspid)
        return self._open.enter_context(connect(profile, identity))


def now() -> datetime:
    """The present, in the time zone in which days are counted."""
    return datetime.now(AMSTERDAM)
