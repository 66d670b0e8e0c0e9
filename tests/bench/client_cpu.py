"""CPU time of the client for each transaction, with many in flight, against a gateway in another process.

    python tests/bench/client_cpu.py [--transactions 2000] [--in-flight 100] [--rounds 3] [--profile FILE]

The gateway is the one in memory, so the figures are the client's alone. `grpcio alone` is the floor: the same
requests to the same gateway, made and signed beforehand, with nothing of this package around the calls. It
must be the same gateway: most of what a call costs is waking up for its answer, and a gateway that answers
sooner lets more answers be read at one waking. What signatures cost is measured apart: three for each
transaction. The clients take turns, and the median of the rounds counts.
"""

from __future__ import annotations

import asyncio
import cProfile
import multiprocessing
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent import futures
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

import click
import grpc
import grpc.aio

from fabric_gateway import Deadlines, Identity, aio, connect
from fabric_gateway._wire import gateway as wire
from fabric_gateway.identity import key_pem, load_key
from fabric_gateway.testing import Invocation, MemoryGateway, make_enrolment

PATHS = (wire.ENDORSE, wire.SUBMIT, wire.COMMIT_STATUS)  # the calls of a transaction
CHANNEL, CHAINCODE, FUNCTION = "channel", "echo", "Echo"
PATIENT = Deadlines(evaluate=600, endorse=600, submit=600, resolve=600, commit_status=600)


def echo(call: Invocation) -> bytes:
    """The chaincode."""
    call.put(call.arguments[0].decode(), "1")
    return call.arguments[0]


def serve(ready: Connection) -> None:
    """The gateway in memory, until the other end closes."""
    with MemoryGateway({CHAINCODE: echo}) as memory:
        ready.send(memory.endpoint)
        ready.recv()


async def many(work: Callable[[int], Awaitable[Any]], count: int, in_flight: int) -> None:
    """Do a number of things, so many at once."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await work(number)

    await asyncio.gather(*(worker() for _ in range(in_flight)))


@dataclass(frozen=True, slots=True)
class Measured:
    """What something took: CPU seconds of this process, and of its main thread; seconds."""

    cpu: float
    main_thread: float
    wall: float


def measured(run: Callable[[], Any]) -> Measured:
    """Run something, and measure it."""
    cpu, main_thread, wall = time.process_time(), time.thread_time(), time.perf_counter()
    run()
    return Measured(time.process_time() - cpu, time.thread_time() - main_thread, time.perf_counter() - wall)


def asyncio_client(endpoint: str, identity: Identity, count: int, in_flight: int) -> None:
    """Transactions of the asyncio client."""

    async def main() -> None:
        async with aio.connect(identity=identity, endpoint=endpoint, deadlines=PATIENT) as gateway:
            contract = gateway.network(CHANNEL).contract(CHAINCODE)
            await many(lambda number: contract.submit(FUNCTION, f"key-{number}"), count, in_flight)

    asyncio.run(main())


def threaded_client(endpoint: str, identity: Identity, count: int, in_flight: int) -> None:
    """Transactions of the sync client in threads."""
    with (
        connect(identity=identity, endpoint=endpoint, deadlines=PATIENT) as gateway,
        futures.ThreadPoolExecutor(in_flight) as pool,
    ):
        contract = gateway.network(CHANNEL).contract(CHAINCODE)
        for result in [pool.submit(contract.submit, FUNCTION, f"key-{number}") for number in range(count)]:
            result.result()


def prepared(endpoint: str, identity: Identity, count: int) -> list[tuple[bytes, bytes, bytes]]:
    """The requests of transactions that are endorsed already: those of `PATHS`, signed."""
    made = []
    creator = identity.serialized
    with connect(identity=identity, endpoint=endpoint, deadlines=PATIENT) as gateway:
        contract = gateway.network(CHANNEL).contract(CHAINCODE)
        for number in range(count):
            proposal = contract.proposal(FUNCTION, f"key-{number}")
            name = proposal.transaction_id
            payload = proposal.endorse().bytes
            status = wire.commit_status_request(name, CHANNEL, creator)
            made.append(
                (
                    wire.endorse_request(name, CHANNEL, proposal.bytes, identity.sign(proposal.bytes), ()),
                    wire.submit_request(name, CHANNEL, payload, identity.sign(payload)),
                    wire.signed_commit_status_request(status, identity.sign(status)),
                )
            )
    return made


def bare_asyncio(endpoint: str, requests: Sequence[Sequence[bytes]], in_flight: int) -> None:
    """The calls of as many transactions, with grpcio alone."""

    async def main() -> None:
        async with grpc.aio.insecure_channel(endpoint.removeprefix("grpc://")) as channel:
            calls: list[Any] = [channel.unary_unary(path, None, None) for path in PATHS]

            async def transaction(number: int) -> None:
                for call, request in zip(calls, requests[number], strict=True):
                    await call(request, timeout=600)

            await many(transaction, len(requests), in_flight)

    asyncio.run(main())


def bare_threads(endpoint: str, requests: Sequence[Sequence[bytes]], in_flight: int) -> None:
    """The same in threads."""
    with (
        grpc.insecure_channel(endpoint.removeprefix("grpc://")) as channel,
        futures.ThreadPoolExecutor(in_flight) as pool,
    ):
        calls: list[Any] = [channel.unary_unary(path, None, None) for path in PATHS]

        def transaction(made: Sequence[bytes]) -> None:
            for call, request in zip(calls, made, strict=True):
                call.future(request, timeout=600).result()

        for result in [pool.submit(transaction, made) for made in requests]:
            result.result()


def signatures(identity: Identity, count: int) -> None:
    """The signatures of as many transactions."""
    message = os.urandom(1500)
    for _ in range(count * len(PATHS)):
        identity.sign(message)


@click.command()
@click.option("--transactions", default=2000, show_default=True, type=click.IntRange(min=1))
@click.option("--in-flight", default=100, show_default=True, type=click.IntRange(min=1))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1))
@click.option("--profile", type=click.Path(), help="Write a profile of the asyncio client here.")
def main(transactions: int, in_flight: int, rounds: int, profile: str | None) -> None:
    """Print the client's CPU milliseconds for each transaction."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs,))
    server.start()
    endpoint = ours.recv()
    made = make_enrolment()
    identity = Identity("Org1MSP", made.certificate, key_pem(load_key(made.key)))
    try:
        asyncio_client(endpoint, identity, in_flight, in_flight)  # warm up
        turns = []
        for _ in range(rounds):
            first, second = (prepared(endpoint, identity, transactions) for _ in range(2))
            runs: dict[str, Callable[[], None]] = {
                "asyncio": lambda: asyncio_client(endpoint, identity, transactions, in_flight),
                "asyncio, grpcio alone": partial(bare_asyncio, endpoint, first, in_flight),
                "threads": lambda: threaded_client(endpoint, identity, transactions, in_flight),
                "threads, grpcio alone": partial(bare_threads, endpoint, second, in_flight),
                "signatures": lambda: signatures(identity, transactions),
            }
            turns.append({name: measured(run) for name, run in runs.items()})
        for name in turns[0]:
            each = [turn[name] for turn in turns]
            click.echo(
                f"{name:24} {1000 * median(one.cpu for one in each) / transactions:6.3f} ms of CPU each, "
                f"{1000 * median(one.main_thread for one in each) / transactions:6.3f} in the main thread, "
                f"{transactions / median(one.wall for one in each):7.0f} per second"
            )
        if profile is not None:
            with cProfile.Profile(time.thread_time) as profiler:
                asyncio_client(endpoint, identity, transactions, in_flight)
            profiler.dump_stats(profile)
    finally:
        ours.send(None)
        server.join()


if __name__ == "__main__":
    main()
