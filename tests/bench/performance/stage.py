"""A network that runs, with an open scheme, shops and vouchers, and connections of many tills to it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from random import Random

from support import issue_to

from fabric_gateway import Identity, Profile
from fabric_gateway.aio import Contract, Gateway, connect
from kindpakket.holder.key import HolderKey
from kindpakket.ledger.ids import new_id
from kindpakket_demo.desk import CHAINCODE, SHOPS, Desk, Till, now
from kindpakket_demo.schemes import CENTS_PER_CHILD, OpenScheme, open_provision
from kindpakket_demo.shops import admit
from kindpakket_demo.town import make_town
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network
from performance.meter import Meter
from performance.variant import ASSETS, Variant

CENTS = 100
_BULK = 500
# The chaincode allows 900 seconds.
_DEADLINE = 890

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Call:
    """A transaction to submit.

    Attributes:
        contract: as whom, and to which chaincode.
        function: its function.
        arguments: its arguments.
        carries: how many payments travel in it.
    """

    contract: Contract
    function: str
    arguments: tuple[str, ...]
    carries: int = 1


class Stage:
    """A network with a town on it.

    Attributes:
        variant: what is different from the packaged network.
        network: the network.
        desk: the municipality's desks.
        meter: its counters.
        scheme: the open scheme.
        tills: the shops.
        runner: the event loop that the connections belong to.
        payments: payments made so far.
    """

    def __init__(
        self,
        variant: Variant,
        network: Network,
        desk: Desk,
        runner: asyncio.Runner,
        shops: int,
        vouchers: int,
    ) -> None:
        """Open a scheme, admit shops and hand out vouchers."""
        self.variant, self.network, self.desk, self.runner = variant, network, desk, runner
        self.meter = Meter(network, desk.channel)
        self.payments = 0
        self.scheme: OpenScheme = open_provision(desk, 1_000_000, now())
        stores = [
            store for store in make_town(1, 1, now().date(), seed=1).shops if "books" in store.categories
        ]
        several = list(islice(cycle(stores), shops + 1))
        tills = [desk.till(store, f"shop-{number:04}") for number, store in enumerate(several)]
        self.tills: tuple[Till, ...] = admit(desk, tills, now().date()).open
        desk.in_step()
        self._gateways: list[Gateway] = []
        self._wallets: Iterator[Wallet] = iter(())
        self._handed: list[Wallet] = []
        self._spent = 0
        self.hand_out(vouchers)
        self._contracts = {till.user: self._contract(SHOPS, till.user, CHAINCODE) for till in self.tills}
        self.office = self._contract(desk.municipality, "clerk", CHAINCODE)
        self.assets = self._contract(desk.municipality, "clerk", ASSETS)

    def hand_out(self, vouchers: int) -> None:
        """Issue further vouchers, bound to keys, and let payments use these."""
        wallets = [Wallet(new_id(), HolderKey.generate()) for _ in range(vouchers)]
        for start in range(0, vouchers, _BULK):
            issue_to(self.desk, self.scheme.id, wallets[start : start + _BULK])
        self._handed, self._spent = wallets, 0
        self._wallets = cycle(wallets)

    def pays(self, count: int, tills: Sequence[Till] | None = None) -> list[Call]:
        """Signed payments of a euro; a voucher pays again only after all others have."""
        if (self._spent + count) * CENTS > len(self._handed) * CENTS_PER_CHILD:
            self.hand_out(len(self._handed))
        self._spent += count
        self.payments += count
        deadline = int(time.time()) + _DEADLINE
        calls = []
        for till, wallet in zip(cycle(tills or self.tills), islice(self._wallets, count), strict=False):
            order = till.shop.order(
                self.scheme.id, wallet.voucher, [{"category": "books", "cents": CENTS}], deadline=deadline
            )
            argument = json.dumps(order.request(wallet.authorise(order)))
            calls.append(Call(self._contracts[till.user], "payment:Pay", (argument,)))
        return calls

    def batches(self, count: int, size: int) -> list[Call]:
        """The payments of `pays` in batches of one shop each."""
        batches = []
        for start, till in zip(range(0, count, size), cycle(self.tills), strict=False):
            calls = self.pays(min(size, count - start), (till,))
            items = [{"operation": call.function, "request": json.loads(call.arguments[0])} for call in calls]
            argument = json.dumps({"items": items})
            batches.append(Call(self._contracts[till.user], "payment:Batch", (argument,), len(items)))
        return batches

    def creates(self, count: int) -> list[Call]:
        """Assets to create, as CreateAsset of fabric-samples does."""
        members = ("blue", "5", "Tomoko", "300")
        return [Call(self.assets, "CreateAsset", (new_id(), *members)) for _ in range(count)]

    def shows(self, count: int) -> list[Call]:
        """Transactions that write nothing."""
        return [Call(self.office, "scheme:Show", (json.dumps({"scheme": self.scheme.id}),))] * count

    def close(self) -> None:
        """Close the connections."""

        async def all_of_them() -> None:
            for gateway in self._gateways:
                await gateway.close()

        self.runner.run(all_of_them())

    def _contract(self, organisation: str, user: str, chaincode: str) -> Contract:
        profile = Profile.load(self.network.profile(organisation))
        identity = Identity.from_msp(self.network.user(organisation, user), profile.mspid)

        async def opened() -> Gateway:
            return connect(profile, identity)

        gateway = self.runner.run(opened())
        self._gateways.append(gateway)
        return gateway.network(self.desk.channel).contract(chaincode)


@contextmanager
def stage(variant: Variant, folder: Path, shops: int, vouchers: int, progress: Progress) -> Iterator[Stage]:
    """A network on free ports with a town on it, stopped at the end whatever happens."""
    network = Network(variant.made(), folder / "home")
    try:
        network.up(progress)
        results = folder / "results"
        results.mkdir()
        with Desk(network, results, Random(1)) as desk, asyncio.Runner() as runner:
            progress(f"a scheme, {shops} shops and {vouchers} vouchers ...")
            made = Stage(variant, network, desk, runner, shops, vouchers)
            try:
                yield made
            finally:
                made.close()
    finally:
        network.down()
