"""One body per behaviour, run against the sync and the asyncio client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fabric_helpers import QUICK, Blocking, Boxes, Open, ledger

from kindpakket.fabric import Deadlines, Identity, Outbox, aio, connect
from kindpakket.fabric.testing import MemoryGateway


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
        identity: Identity | None = None, deadlines: Deadlines = QUICK, *others: MemoryGateway, **options: Any
    ) -> Any:
        who = identity or memory.identity
        given: Any = {"deadlines": deadlines, **options}
        given["endpoint"] = [service.endpoint for service in (memory, *others)]
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
