"""One body per behaviour, run against the sync and the asyncio client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fabric_helpers import AMPLE, Blocking, Boxes, Open, ledger
from fake_ca import FakeCa, answering

from fabric_gateway import Deadlines, Identity, Outbox, aio, connect
from fabric_gateway.ca import CaClient
from fabric_gateway.ca import aio as aio_ca
from fabric_gateway.testing import MemoryGateway


@pytest.fixture
def memory() -> Iterator[MemoryGateway]:
    with MemoryGateway({"ledger": ledger}) as service:
        yield service


@pytest.fixture(params=["sync", "aio"])
def opened(request: pytest.FixtureRequest, memory: MemoryGateway) -> Iterator[Open]:
    """Connects a client to the gateway in memory; the same calls in both flavours."""
    gateways = []
    runner = asyncio.Runner() if request.param == "aio" else None

    def opening(
        identity: Identity | None = None, deadlines: Deadlines = AMPLE, *others: MemoryGateway, **options: Any
    ) -> Any:
        who = identity or memory.identity
        endpoints = [service.endpoint for service in (memory, *others)]
        given: Any = {"deadlines": deadlines, "endpoint": endpoints, **options}
        if runner is None:
            gateway: Any = connect(identity=who, **given)
        else:

            async def connecting() -> Any:
                return aio.connect(identity=who, **given)

            gateway = Blocking(runner, runner.run(connecting()))
        gateways.append(gateway)
        return gateway

    yield opening
    for gateway in gateways:
        gateway.close()
    if runner:
        runner.close()


@pytest.fixture
def gateway(opened: Open) -> Any:
    return opened()


@pytest.fixture
def network(gateway: Any) -> Any:
    return gateway.network("channel")


@pytest.fixture
def contract(network: Any) -> Any:
    return network.contract("ledger")


@pytest.fixture
def boxes(gateway: Any, tmp_path: Path) -> Boxes:
    """Opens the outbox, for sync or asyncio."""

    def opening(path: Path = tmp_path / "outbox.db") -> Any:
        if isinstance(gateway, Blocking):
            return Blocking(gateway._runner, aio.Outbox(path))
        return Outbox(path)

    return opening


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeCa]:
    """An authority that answers as it is told."""
    with answering(tmp_path) as made:
        yield made


@pytest.fixture(params=["sync", "aio"])
def client(request: pytest.FixtureRequest, fake: FakeCa) -> Iterator[Any]:
    """A client of that authority; the same calls in both flavours."""
    if request.param == "sync":
        with CaClient(fake.url, "ca", fake.root) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        blocking = Blocking(runner, aio_ca.CaClient(fake.url, "ca", fake.root))
        yield blocking
        blocking.close()
