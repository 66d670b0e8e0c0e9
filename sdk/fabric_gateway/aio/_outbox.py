"""The outbox for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from types import TracebackType

from fabric_gateway._connection.aio import AsyncSession
from fabric_gateway._connection.deadlines import Deadlines
from fabric_gateway._contract import Transient
from fabric_gateway.aio._contract import Contract
from fabric_gateway.aio._gateway import Gateway
from fabric_gateway.aio._network import Network
from fabric_gateway.outbox._entry import Resumed
from fabric_gateway.outbox._flow import BaseOutbox, new_request


class Outbox(BaseOutbox[AsyncSession]):
    """A file of requests, each kept before it is sent; see `fabric_gateway.Outbox`.

    The file is written by the event loop's own thread: a few milliseconds for each state of a request.
    """

    async def submit(
        self,
        contract: Contract,
        request_id: str,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
        conflict_attempts: int = 1,
        deadlines: Deadlines | None = None,
    ) -> bytes:
        """Submit a transaction once, however often this is called, and return the chaincode's result.

        A cancelled call stays in the outbox, as after a crash.
        """
        request = new_request(
            contract, request_id, (name, *arguments), transient, endorsing_organizations, conflict_attempts
        )
        session = contract.__session__
        return await session.run(
            self._submitting(session, request, transient, session.deadlines_of(deadlines))
        )

    async def resume(
        self, through: Gateway | Network, *, deadlines: Deadlines | None = None
    ) -> AsyncIterator[Resumed]:
        """Continue every unfinished request, oldest first, and yield what became of each."""
        session = through.__session__
        channel = through.name if isinstance(through, Network) else None
        limits = session.deadlines_of(deadlines)
        for number, request_id in self._store.unfinished(channel):
            resumed = await session.run(self._resuming(session, number, request_id, limits))
            if resumed is not None:
                yield resumed

    async def close(self) -> None:
        """Close the file. What is in it stays."""
        self._store.close()

    async def __aenter__(self) -> Outbox:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
