"""One body per behaviour, run against the sync and the asyncio client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fabric_helpers import QUICK, Blocking, ledger

from kindpakket.fabric import Deadlines, Identity, aio, connect
from kindpakket.fabric.testing import MemoryGateway


@pytest.fixture
def memory() -> Iterator[MemoryGateway]:
    with MemoryGateway({"ledger": ledger}) as service:
        yield service


Open = Callable[..., Any]


@pytest.fixture(params=["sync", "aio"])
def opened(request: pytest.FixtureRequest, memory: MemoryGateway) -> Iterator[Open]:
    """Connects a client to the gateway in memory; the same calls in both flavours."""
    gateways = []
    runner = asyncio.Runner() if request.param == "aio" else None

    def opening(identity: Identity | None = None, deadlines: Deadlines = QUICK) -> Any:
        who = identity or memory.identity
        if runner is None:
            gateway: Any = connect(endpoint=memory.endpoint, identity=who, deadlines=deadlines)
        else:

            async def connecting() -> Any:
                return aio.connect(endpoint=memory.endpoint, identity=who, deadlines=deadlines)

            gateway = Blocking(runner, runner.run(connecting()))
        gateways.append(gateway)
        return gateway

    yield opening
    for gateway in gateways:
        gateway.close()
    if runner:
        runner.close()


@pytest.fixture
def network(opened: Open) -> Any:
    return opened().network("channel")


@pytest.fixture
def contract(network: Any) -> Any:
    return network.contract("ledger")
