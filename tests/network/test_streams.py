"""Streams on real peers: they outlive the peer that they read from, and show private data to members only."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from support import Town, gateway_at, identity_of

from fabric_gateway import Profile, aio
from fabric_gateway.blocks import Block
from kindpakket_demo.desk import AUDITOR, CHAINCODE, SHOPS
from kindpakket_network.programs.wait import until
from patience import PATIENCE

PEER = "peer0.auditor"
KINDS = ("blocks", "filtered_blocks", "blocks_with_private_data", "events")


class Followers:
    """Streams of each kind, sync and asyncio, that read through the auditor's peer from now on."""

    def __init__(self, town: Town) -> None:
        self.seen: dict[str, list[Any]] = {
            f"{kind} {flavour}": [] for kind in KINDS for flavour in ("sync", "aio")
        }
        self.errors: list[BaseException] = []
        self._network = town.desk.network
        self._channel = town.desk.channel
        self._identity = identity_of(town.desk.network, AUDITOR, "auditor")
        self._open = ExitStack()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Followers:
        gateway = self._open.enter_context(gateway_at(self._network, AUDITOR, self._identity))
        for kind in KINDS:
            stream = _stream(gateway.network(self._channel), kind)
            self._open.callback(stream.close)
            self._start(self._follow, stream, self.seen[f"{kind} sync"])
        opened = threading.Event()
        self._start(asyncio.run, self._following(opened))
        assert opened.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def _start(self, act: Any, *arguments: Any) -> None:
        def guarded() -> None:
            try:
                act(*arguments)
            except BaseException as error:
                self.errors.append(error)

        thread = threading.Thread(target=guarded)
        thread.start()
        self._threads.append(thread)

    def _follow(self, stream: Any, seen: list[Any]) -> None:
        for item in stream:
            seen.append(_mark(item))

    async def _following(self, opened: threading.Event) -> None:
        loop, ending = asyncio.get_running_loop(), asyncio.Event()
        self._open.callback(loop.call_soon_threadsafe, ending.set)
        async with aio.connect(Profile.load(self._network.profile(AUDITOR)), self._identity) as gateway:
            streams = {kind: _stream(gateway.network(self._channel), kind) for kind in KINDS}
            for stream in streams.values():
                await stream.__aenter__()
            opened.set()

            async def follow(kind: str) -> None:
                async for item in streams[kind]:
                    self.seen[f"{kind} aio"].append(_mark(item))

            tasks = [asyncio.create_task(follow(kind)) for kind in KINDS]
            await ending.wait()
            for stream in streams.values():
                await stream.close()
            await asyncio.gather(*tasks)

    def wait_for(self, last_block: int, events: int) -> None:
        """Wait until every stream has come this far."""

        def there() -> bool | None:
            if self.errors:
                raise self.errors[0]
            far = [
                len(seen) >= events if kind.startswith("events") else bool(seen) and seen[-1] >= last_block
                for kind, seen in self.seen.items()
            ]
            return all(far) or None

        got = {kind: (len(seen), seen[-1:]) for kind, seen in self.seen.items()}
        assert until(there, PATIENCE), f"block {last_block}, {events} events: {got}"


def _stream(network: Any, kind: str) -> Any:
    if kind == "events":
        return network.chaincode_events(CHAINCODE)
    return getattr(network, kind)(None)


def _mark(item: Any) -> Any:
    """What distinguishes an item from all others."""
    if hasattr(item, "transaction_id"):
        return item.transaction_id
    whole = getattr(item, "block", item)
    return whole.number if hasattr(whole, "number") else whole.header.number


@contextmanager
def down(town: Town, how: signal.Signals) -> Iterator[None]:
    """Stop the auditor's peer, and start it again at the end."""
    network = town.desk.network
    assert network.stop(PEER, how)
    try:
        yield
    finally:
        network.start(PEER)


def pay(town: Town, times: int) -> list[str]:
    """Make payments through the shops' peer, and return their ids."""
    ids = []
    for _ in range(times):
        wallet = next(town.keys)
        order = town.order(wallet)
        ids.append(town.till.shop.pay(order, wallet.authorise(order))["id"])
    return ids


def test_a_peer_stops_and_starts_and_its_readers_miss_nothing_and_see_nothing_twice(town: Town) -> None:
    shops = town.desk.ledger(SHOPS, "admin")
    town.desk.in_step()
    start = shops.ledger_height()
    with Followers(town) as followers:
        pay(town, 3)
        with down(town, signal.SIGTERM):
            pay(town, 5)
        pay(town, 3)
        with down(town, signal.SIGKILL):
            pay(town, 5)
        pay(town, 3)
        end = shops.ledger_height()
        blocks = [Block.decode(message) for message in shops.blocks(start, end - 1)]
        events = [
            transaction.transaction_id
            for block in blocks
            for transaction in block.transactions
            if transaction.valid and transaction.event
        ]
        followers.wait_for(end - 1, len(events))
    assert followers.errors == []
    assert len(events) >= 19
    for kind, seen in followers.seen.items():
        assert seen == (events if kind.startswith("events") else list(range(start, end))), kind


def test_private_data_is_shown_to_members_of_its_collection_only(town: Town) -> None:
    last = town.desk.ledger(SHOPS, "admin").ledger_height() - 1
    collections = {}
    town.desk.in_step()
    for organisation, user in ((SHOPS, "admin"), (AUDITOR, "auditor")):
        ledger = town.desk.ledger(organisation, user)
        blocks = list(ledger.blocks_with_private_data(0, last))
        assert [item.block.header.number for item in blocks] == list(range(last + 1))
        collections[organisation] = [
            (data.collection, write.value)
            for item in blocks
            for sets in item.private_data.values()
            for data in sets
            if data.chaincode == CHAINCODE  # and not the lifecycle's own
            for write in data.writes
        ]
    assert {name for name, _ in collections[SHOPS]} == {"shopAccounts"}
    assert any(b'"iban":"NL' in (value or b"") for _, value in collections[SHOPS])
    assert collections[AUDITOR] == []
