"""Where the CPU time of an asyncio transaction goes: grpcio, signatures, messages, what is around a call.

    python tests/bench/client_parts.py [--transactions 600] [--in-flight 100] [--rounds 3]

Times are of the event loop's thread, and of the whole process for the total and for grpcio. grpcio's share is
that of the same requests, made and signed beforehand, with nothing of this package around the calls; what is
left over is spent around the calls.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar
from unittest import mock

import click
from client_cpu import asyncio_client, bare_asyncio, measured, prepared, serve

from fabric_gateway import Identity
from fabric_gateway._connection.aio import AsyncSession
from fabric_gateway._connection.flow import Flow
from fabric_gateway.identity import key_pem, load_key
from fabric_gateway.testing import make_enrolment

T = TypeVar("T")


@dataclass(slots=True)
class Parts:
    """CPU seconds of a run: in flows, and of these in signatures."""

    flows: float = 0.0
    signatures: float = 0.0


@contextmanager
def watching() -> Iterator[Parts]:
    """Add up what flows and signatures take."""
    parts = Parts()
    sign = Identity.sign

    async def run(self: AsyncSession, flow: Flow[T]) -> T:
        began = time.thread_time()
        try:
            step = next(flow)
            while True:
                parts.flows += time.thread_time() - began
                answer = await self._perform(step)
                began = time.thread_time()
                step = flow.send(answer)
        except StopIteration as end:
            parts.flows += time.thread_time() - began
            result: T = end.value
            return result

    def signed(self: Identity, message: bytes) -> bytes:
        began = time.thread_time()
        signature = sign(self, message)
        parts.signatures += time.thread_time() - began
        return signature

    with mock.patch.object(AsyncSession, "run", run), mock.patch.object(Identity, "sign", signed):
        yield parts


def one_round(endpoint: str, identity: Identity, count: int, in_flight: int) -> dict[str, float]:
    """The parts of one run, in milliseconds for each transaction."""
    with watching() as parts:
        whole = measured(lambda: asyncio_client(endpoint, identity, count, in_flight))
    requests = prepared(endpoint, identity, count)
    bare = measured(lambda: bare_asyncio(endpoint, requests, in_flight))
    seconds = {
        "all": whole.cpu,
        "grpcio": bare.cpu,
        "signatures": parts.signatures,
        "messages, decisions": parts.flows - parts.signatures,
        "around calls": whole.cpu - bare.cpu - parts.flows,
    }
    return {name: 1000 * taken / count for name, taken in seconds.items()}


@click.command()
@click.option("--transactions", default=600, show_default=True, type=click.IntRange(min=1))
@click.option("--in-flight", default=100, show_default=True, type=click.IntRange(min=1))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1))
def main(transactions: int, in_flight: int, rounds: int) -> None:
    """Print the median of each part, in milliseconds of CPU for each transaction."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs,))
    server.start()
    endpoint: Any = ours.recv()
    made = make_enrolment()
    identity = Identity("Org1MSP", made.certificate, key_pem(load_key(made.key)))
    try:
        asyncio_client(endpoint, identity, in_flight, in_flight)  # warm up
        each = [one_round(endpoint, identity, transactions, in_flight) for _ in range(rounds)]
    finally:
        ours.send(None)
        server.join()
    for name in each[0]:
        click.echo(f"{name:20} {median(one[name] for one in each):6.3f} ms")


if __name__ == "__main__":
    main()
