"""A network that runs, with an open scheme, shops and vouchers, and connections of many tills to it."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from typing import NoReturn

from support import issue_to

from fabric_gateway import Identity, Profile
from fabric_gateway.aio import Contract, Gateway, connect
from kindpakket.holder.key import HolderKey
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.records import Line
from kindpakket.shop import Shop
from kindpakket_demo.desk import CHAINCODE, SHOPS, Desk, now
from kindpakket_demo.schemes import open_provision
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology
from performance.meter import Meter
from performance.purse import CENTS, Purse
from performance.sellers import Seller, admit, allow_files, enrol
from performance.variant import ASSETS, Variant

USUAL = 100
"""Payments are spread over so many shops, unless a job says otherwise."""
BOOKS: Line = {"category": "books", "cents": CENTS}
KINDS = ("payment", "batch", "asset")
_CHILDREN = 1_000_000
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
        purse: the vouchers of the open scheme, which pay unless a job says otherwise.
        sellers: the shops.
        runner: the event loop that the connections belong to.
        payments: payments made so far, under all schemes.
        prepared: what it took to get here: rows of step, number and seconds.
    """

    def __init__(
        self,
        variant: Variant,
        network: Network,
        desk: Desk,
        runner: asyncio.Runner,
        shops: int,
        vouchers: int,
        progress: Progress = lambda _: None,
    ) -> None:
        """Open a scheme, admit shops and hand out vouchers."""
        self._progress = progress
        self.variant, self.network, self.desk, self.runner = variant, network, desk, runner
        self.meter = Meter(network, desk.channel)
        self.payments = 0
        self.prepared: list[dict[str, object]] = []
        self._lot = vouchers
        self._gateways: list[Gateway] = []
        allow_files(shops)
        with self._step("shops enrolled", shops):
            self.sellers = tuple(enrol(desk, shops))
        with self._step("shops admitted", shops):
            admit(desk, self.sellers)
        self._next = cycle(self.usual)
        with self._step("vouchers handed out", vouchers):
            self.purse = self.new_purse(vouchers)
        self._contracts = {one.user: self._contract(SHOPS, one.user, CHAINCODE) for one in self.sellers}
        self.office = self._contract(desk.municipality, "clerk", CHAINCODE)
        self.assets = self._contract(desk.municipality, "clerk", ASSETS)

    @property
    def usual(self) -> tuple[Seller, ...]:
        """The shops that payments are spread over."""
        return self.sellers[:USUAL]

    def shop(self, seller: Seller) -> Shop:
        """A shop's own client, for its queries."""
        return Shop(self.desk.contract(SHOPS, seller.user), seller.shop_id)

    def new_purse(self, vouchers: int) -> Purse:
        """Open a further scheme and hand out vouchers of it."""
        purse = Purse(open_provision(self.desk, _CHILDREN, now()).id)
        self.hand_out(vouchers, purse)
        return purse

    def hand_out(self, vouchers: int, purse: Purse | None = None) -> None:
        """Issue further vouchers, bound to keys."""
        purse = self.purse if purse is None else purse
        wallets = [Wallet(new_id(), HolderKey.generate()) for _ in range(vouchers)]
        issue_to(self.desk, purse.scheme, wallets)
        purse.add(wallets)

    def stock(self, count: int, purse: Purse | None = None) -> None:
        """Hand out vouchers if fewer than so many can pay."""
        purse = self.purse if purse is None else purse
        if short := purse.short(count):
            self.hand_out(max(short, self._lot), purse)

    def pays(
        self, count: int, sellers: Sequence[Seller] | None = None, purse: Purse | None = None
    ) -> list[Call]:
        """Signed payments of a euro, each of another voucher.

        The usual shops take turns, in which the next call goes on; shops that are given begin with the first.
        """
        purse = self.purse if purse is None else purse
        self.stock(count, purse)
        self.payments += count
        deadline = int(time.time()) + _DEADLINE
        tills = self._next if sellers is None else cycle(sellers)
        calls = []
        for wallet, till in zip(purse.take(count), tills, strict=False):
            order = till.orders.order(purse.scheme, wallet.voucher, [BOOKS], deadline=deadline)
            argument = json.dumps(order.request(wallet.authorise(order)))
            calls.append(Call(self._contracts[till.user], "payment:Pay", (argument,)))
        return calls

    def batches(self, count: int, size: int, purse: Purse | None = None) -> list[Call]:
        """The payments of `pays` in batches of one shop each."""
        purse = self.purse if purse is None else purse
        self.stock(count, purse)
        batches = []
        for start in range(0, count, size):
            till = next(self._next)
            calls = self.pays(min(size, count - start), (till,), purse)
            items = [{"operation": call.function, "request": json.loads(call.arguments[0])} for call in calls]
            argument = json.dumps({"items": items})
            batches.append(Call(self._contracts[till.user], "payment:Batch", (argument,), len(items)))
        return batches

    def calls(self, kind: str, count: int, batch: int) -> list[Call]:
        """So many of one of `KINDS`; batches have so many payments."""
        if kind == "batch":
            return self.batches(count, batch)
        return self.pays(count) if kind == "payment" else self.creates(count)

    def creates(self, count: int) -> list[Call]:
        """Assets to create, as CreateAsset of fabric-samples does."""
        members = ("blue", "5", "Tomoko", "300")
        return [Call(self.assets, "CreateAsset", (new_id(), *members)) for _ in range(count)]

    def shows(self, count: int) -> list[Call]:
        """Transactions that write nothing."""
        return [Call(self.office, "scheme:Show", (json.dumps({"scheme": self.purse.scheme}),))] * count

    def close(self) -> None:
        """Close the connections."""

        async def all_of_them() -> None:
            for gateway in self._gateways:
                await gateway.close()

        self.runner.run(all_of_them())

    @contextmanager
    def _step(self, step: str, number: int) -> Iterator[None]:
        began = time.perf_counter()
        yield
        seconds = time.perf_counter() - began
        self.prepared.append({"step": step, "number": number, "seconds": round(seconds, 1)})
        self._progress(f"{number:,} {step}: done in {seconds:.1f} s")

    def _contract(self, organisation: str, user: str, chaincode: str) -> Contract:
        profile = Profile.load(self.network.profile(organisation))
        identity = Identity.from_msp(self.network.user(organisation, user), profile.mspid)

        async def opened() -> Gateway:
            return connect(profile, identity)

        gateway = self.runner.run(opened())
        self._gateways.append(gateway)
        return gateway.network(self.desk.channel).contract(chaincode)


@contextmanager
def running(topology: Topology, folder: Path, progress: Progress) -> Iterator[Network]:
    """A network that is stopped at the end whatever happens, also by SIGTERM."""
    network = Network(topology, folder / "home")
    before = signal.signal(signal.SIGTERM, _ended)
    try:
        network.up(progress)
        yield network
    finally:
        network.down()
        signal.signal(signal.SIGTERM, before)


@contextmanager
def stage(variant: Variant, folder: Path, shops: int, vouchers: int, progress: Progress) -> Iterator[Stage]:
    """A network on free ports with a town on it."""
    results = folder / "results"
    results.mkdir()
    with (
        running(variant.made(), folder, progress) as network,
        Desk(network, results, Random(1)) as desk,
        asyncio.Runner() as runner,
    ):
        progress(f"a scheme, {shops} shops and {vouchers} vouchers ...")
        made = Stage(variant, network, desk, runner, shops, vouchers, progress)
        try:
            yield made
        finally:
            made.close()


def _ended(*_: object) -> NoReturn:
    raise KeyboardInterrupt
