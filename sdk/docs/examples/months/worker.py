"""A worker that runs for months: it follows events, submits orders, and renews its identity without a pause.

Run it with a connection profile, an MSP folder, a folder for its files, and a port for its metrics.
"""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram, start_http_server
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, create_engine, insert, select, update

from fabric_gateway import (
    ChaincodeEvent,
    FabricError,
    GatewayError,
    Identity,
    OutboxConflict,
    Profile,
    StepEvent,
    aio,
)
from fabric_gateway.blocks import Block
from fabric_gateway.checkpoints.sql import SqlCheckpointer
from fabric_gateway.checkpoints.sql import metadata as positions

LOOK = 0.2  # seconds between looks at new orders and at the certificate
CHANNEL, CHAINCODE = "mychannel", "basic"

tables = MetaData()
orders = Table(
    "orders",
    tables,
    Column("id", String(64), primary_key=True),
    Column("asset", String(64), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("state", String(200), nullable=False, default="new"),
)
seen = Table(
    "seen",
    tables,
    Column("transaction_id", String(64), primary_key=True),
    Column("block", Integer, nullable=False),
    Column("text", String(200), nullable=False),
)


# --8<-- [start:metrics]
CALLS = Counter("fabric_calls", "Calls of a peer that ended", ["step", "peer", "status"])
SECONDS = Histogram("fabric_call_seconds", "How long a call took", ["step"])
RETRIES = Counter("fabric_retries", "Calls that repeated an earlier one", ["step"])
HEALTHY = Gauge("fabric_peers_healthy", "Peers whose last call reached them")
OLDEST = Gauge("fabric_outbox_oldest_seconds", "Age of the oldest request whose outcome is not known")
BEHIND = Gauge("fabric_reader_behind_blocks", "Blocks of the ledger that the reader has not processed")
EXPIRES = Gauge("fabric_certificate_expires_timestamp", "When the certificate in use expires, Unix time")


class Observer:
    """Counts what the gateway does."""

    def on_step(self, event: StepEvent) -> None:
        CALLS.labels(event.step, event.peer, event.status).inc()
        SECONDS.labels(event.step).observe(event.seconds)
        if event.attempt > 1:
            RETRIES.labels(event.step).inc()


# --8<-- [end:metrics]


@dataclass
class Worker:
    """What the tasks share, for as long as one certificate is used."""

    gateway: aio.Gateway
    outbox: aio.Outbox
    engine: Engine

    @property
    def network(self) -> aio.Network:
        return self.gateway.network(CHANNEL)

    # --8<-- [start:follow]
    async def follow(self) -> None:
        """Record each event once: the rows of a block and the position are committed together."""
        with self.engine.connect() as connection:
            position = SqlCheckpointer(connection, "worker")
        async with self.network.blocks(start=0, checkpoint=position) as messages:
            async for message in messages:
                block = Block.decode(message)
                with self.engine.begin() as connection:
                    for event in events_of(block):
                        row = {"transaction_id": event.transaction_id, "block": block.number}
                        connection.execute(insert(seen).values(text=event.payload.decode(), **row))
                    SqlCheckpointer(connection, "worker").checkpoint_block(block.number)

    # --8<-- [end:follow]

    # --8<-- [start:send]
    async def send(self) -> None:
        """Submit new orders. The outbox remembers what was begun, under the order's own id."""
        contract = self.network.contract(CHAINCODE)
        while True:
            async for _ in self.outbox.resume(self.gateway):
                pass
            with self.engine.connect() as connection:
                new = connection.execute(select(orders).where(orders.c.state == "new")).all()
            for order in new:
                state = await self.sent(contract, order.id, order.asset, order.owner)
                with self.engine.begin() as connection:
                    connection.execute(update(orders).where(orders.c.id == order.id).values(state=state))
            await asyncio.sleep(LOOK)

    async def sent(self, contract: aio.Contract, key: str, asset: str, owner: str) -> str:
        """What became of an order; `new` if that is not certain yet."""
        try:
            await self.outbox.submit(contract, key, "CreateAsset", asset, "blue", "5", owner, "100")
        except OutboxConflict as error:
            return f"failed: {error}"[:200]
        except FabricError as error:
            entry = self.outbox.get(key)
            if entry is None or not entry.finished:
                return "new"
            refusal = error.chaincode_message if isinstance(error, GatewayError) else None
            return f"failed: {refusal or error}"[:200]
        return "done"

    # --8<-- [end:send]

    # --8<-- [start:measure]
    async def measure(self) -> None:
        """What no single call shows. Each of these has an alert."""
        EXPIRES.set(self.gateway.identity.certificate.not_valid_after_utc.timestamp())
        while True:
            HEALTHY.set(sum(peer.healthy for peer in await self.gateway.check()))
            oldest = min((entry.created for entry in self.outbox.pending()), default=datetime.now(UTC))
            OLDEST.set((datetime.now(UTC) - oldest).total_seconds())
            with self.engine.connect() as connection:
                position = SqlCheckpointer(connection, "worker").block_number or 0
            with suppress(GatewayError):  # no peer answers, which HEALTHY shows
                BEHIND.set(max(0, await self.network.ledger_height() - position))
            await asyncio.sleep(LOOK)

    # --8<-- [end:measure]


def events_of(block: Block) -> list[ChaincodeEvent]:
    """What valid transactions of the chaincode emitted."""
    events = [transaction.event for transaction in block.transactions if transaction.valid]
    return [event for event in events if event is not None and event.chaincode == CHAINCODE]


# --8<-- [start:identity]
async def renewed(folder: Path, mspid: str, present: Identity) -> None:
    """Wait until the MSP folder holds another certificate, which some other program has renewed."""
    while Identity.from_msp(folder, mspid).certificate_pem == present.certificate_pem:
        await asyncio.sleep(LOOK)


async def work(profile: Profile, folder: Path, engine: Engine, outbox: aio.Outbox) -> None:
    """One gateway for each certificate. Orders and positions are in files, so nothing is lost in between."""
    while True:
        identity = Identity.from_msp(folder, profile.mspid)
        async with aio.connect(profile, identity, observer=Observer()) as gateway:
            worker = Worker(gateway, outbox, engine)
            await first_of(
                renewed(folder, profile.mspid, identity), worker.follow(), worker.send(), worker.measure()
            )


async def first_of(*works: Coroutine[None, None, None]) -> None:
    """Wait for the first to end, end the others, and raise what it raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


# --8<-- [end:identity]


# --8<-- [start:main]
async def main(profile: Profile, folder: Path, files: Path) -> None:
    """Work until SIGTERM. An error that does not pass ends the process, and the supervisor starts another."""
    engine = create_engine(f"sqlite:///{files / 'worker.db'}")
    for metadata in (tables, positions):
        metadata.create_all(engine)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)

    async def stopping() -> None:
        await stopped.wait()

    async with aio.Outbox(files / "outbox.db") as outbox:
        await first_of(stopping(), work(profile, folder, engine, outbox))
    engine.dispose()


# --8<-- [end:main]

if __name__ == "__main__":
    path, msp, files, port = sys.argv[1:]
    start_http_server(int(port), addr="127.0.0.1")
    asyncio.run(main(Profile.load(path), Path(msp), Path(files)))
