"""CPU time of the client for each transaction, with many in flight, against a gateway in another process.

    python tests/bench/client_cpu.py [--transactions 2000] [--in-flight 100] [--profile FILE]

The gateway is the one in memory, so the figures are the client's alone. `grpcio alone` is the floor: as many
unary calls, of like sizes, with nothing of this package around them. What signatures cost is measured apart:
three for each transaction.
"""

from __future__ import annotations

import asyncio
import cProfile
import multiprocessing
import os
import time
from collections.abc import Awaitable, Callable
from concurrent import futures
from multiprocessing.connection import Connection
from typing import Any

import click
import grpc
import grpc.aio

from fabric_gateway import Deadlines, Identity, aio, connect
from fabric_gateway.identity import key_pem, load_key
from fabric_gateway.testing import Invocation, MemoryGateway, make_enrolment

ECHO = "/bench.Echo/Answer"
CALLS = 3  # of a transaction: endorse, submit, commit status
SIZES = ((1500, 3000), (3000, 10), (900, 10))  # bytes of their requests and responses
PATIENT = Deadlines(evaluate=600, endorse=600, submit=600, resolve=600, commit_status=600)


def echo(call: Invocation) -> bytes:
    """The chaincode."""
    call.put(call.arguments[0].decode(), "1")
    return call.arguments[0]


def answer(request: bytes, _: grpc.ServicerContext) -> bytes:
    """A response of the size that the request's first byte selects."""
    return b"x" * SIZES[request[0]][1]


def serve(ready: Connection) -> None:
    """The gateway in memory, and a service that answers at once; until the other end closes."""
    server = grpc.server(futures.ThreadPoolExecutor(8))
    handler = grpc.unary_unary_rpc_method_handler(answer)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("bench.Echo", {"Answer": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with MemoryGateway({"echo": echo}) as memory:
        ready.send((memory.endpoint, f"127.0.0.1:{port}"))
        ready.recv()
    server.stop(None)


async def many(work: Callable[[int], Awaitable[Any]], count: int, in_flight: int) -> None:
    """Do a number of things, so many at once."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await work(number)

    await asyncio.gather(*(worker() for _ in range(in_flight)))


def measured(run: Callable[[], Any]) -> tuple[float, float]:
    """CPU seconds of this process, and seconds, that something takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - cpu, time.perf_counter() - wall


def asyncio_client(endpoint: str, identity: Identity, count: int, in_flight: int) -> None:
    """Transactions of the asyncio client."""

    async def main() -> None:
        async with aio.connect(identity=identity, endpoint=endpoint, deadlines=PATIENT) as gateway:
            contract = gateway.network("channel").contract("echo")
            await many(lambda number: contract.submit("Echo", f"key-{number}"), count, in_flight)

    asyncio.run(main())


def threaded_client(endpoint: str, identity: Identity, count: int, in_flight: int) -> None:
    """Transactions of the sync client in threads."""
    with (
        connect(identity=identity, endpoint=endpoint, deadlines=PATIENT) as gateway,
        futures.ThreadPoolExecutor(in_flight) as pool,
    ):
        contract = gateway.network("channel").contract("echo")
        for result in [pool.submit(contract.submit, "Echo", f"key-{number}") for number in range(count)]:
            result.result()


def bare_asyncio(address: str, count: int, in_flight: int) -> None:
    """The calls of as many transactions, with grpcio alone."""

    async def main() -> None:
        async with grpc.aio.insecure_channel(address) as channel:
            call: Any = channel.unary_unary(ECHO, None, None)
            requests = [bytes([number]) + b"x" * sizes[0] for number, sizes in enumerate(SIZES)]

            async def transaction(_: int) -> None:
                for request in requests:
                    await call(request, timeout=600)

            await many(transaction, count, in_flight)

    asyncio.run(main())


def bare_threads(address: str, count: int, in_flight: int) -> None:
    """The same in threads."""
    with grpc.insecure_channel(address) as channel, futures.ThreadPoolExecutor(in_flight) as pool:
        call: Any = channel.unary_unary(ECHO, None, None)
        requests = [bytes([number]) + b"x" * sizes[0] for number, sizes in enumerate(SIZES)]

        def transaction() -> None:
            for request in requests:
                call.future(request, timeout=600).result()

        for result in [pool.submit(transaction) for _ in range(count)]:
            result.result()


def signatures(identity: Identity, count: int) -> None:
    """The signatures of as many transactions."""
    message = os.urandom(1500)
    for _ in range(count * CALLS):
        identity.sign(message)


@click.command()
@click.option("--transactions", default=2000, show_default=True, type=click.IntRange(min=1))
@click.option("--in-flight", default=100, show_default=True, type=click.IntRange(min=1))
@click.option("--profile", type=click.Path(), help="Write a profile of the asyncio client here.")
def main(transactions: int, in_flight: int, profile: str | None) -> None:
    """Print the client's CPU milliseconds for each transaction."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs,))
    server.start()
    endpoint, address = ours.recv()
    made = make_enrolment()
    identity = Identity("Org1MSP", made.certificate, key_pem(load_key(made.key)))
    try:
        asyncio_client(endpoint, identity, in_flight, in_flight)  # warm up
        runs: dict[str, Callable[[], None]] = {
            "asyncio": lambda: asyncio_client(endpoint, identity, transactions, in_flight),
            "asyncio, grpcio alone": lambda: bare_asyncio(address, transactions, in_flight),
            "threads": lambda: threaded_client(endpoint, identity, transactions, in_flight),
            "threads, grpcio alone": lambda: bare_threads(address, transactions, in_flight),
            "signatures": lambda: signatures(identity, transactions),
        }
        for name, run in runs.items():
            cpu, wall = measured(run)
            click.echo(
                f"{name:24} {1000 * cpu / transactions:6.3f} ms of CPU each, "
                f"{transactions / wall:7.0f} per second"
            )
        if profile is not None:
            with cProfile.Profile() as profiler:
                runs["asyncio"]()
            profiler.dump_stats(profile)
    finally:
        ours.send(None)
        server.join()


if __name__ == "__main__":
    main()
