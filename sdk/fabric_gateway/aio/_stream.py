"""A stream of blocks or events for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar

import grpc
import grpc.aio

from fabric_gateway._connection.aio import AsyncSession, cancelled_from_outside
from fabric_gateway._connection.peers import Link
from fabric_gateway._flows.reading import Reading
from fabric_gateway._stream import failure_of
from fabric_gateway.errors import EventsError

T = TypeVar("T")


class Stream(Generic[T]):
    """An async iterator over what peers send; see `fabric_gateway.Stream`.

    Close it, or use `async with`, to stop before its end.
    """

    def __init__(self, session: AsyncSession, reading: Reading[T]) -> None:
        session.check_open()
        self._session = session
        self._reading = reading
        self._waiting: Iterator[T] = iter(())
        self._closing = asyncio.Event()
        self._awake = asyncio.Event()
        self._call: Any = None
        self._responses: AsyncIterator[bytes] | None = None
        self._link: Link[grpc.aio.Channel] | None = None
        self._closings = 0
        self._preparing: asyncio.Task[None] | None = None
        if reading.unprepared:
            reading.request()  # raises at once if it cannot be signed here
            self._preparing = session.loop.create_task(session.run(reading.preparing()))
        else:
            self._open()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        while not self._closing.is_set():
            for item in self._waiting:
                return item
            await self._read()
        raise StopAsyncIteration

    def _open(self, avoid: str = "") -> None:
        if self._reading.finished or self._closing.is_set():
            self._end()
            return
        request = self._reading.request()
        self._link = link = self._session.link(avoid)
        self._closings = link.closings
        self._reading.opened(link)
        try:
            method: Any = link.channel.unary_stream(self._reading.path, None, None)
            self._call = method(request)
            self._responses = aiter(self._call)
        except (ValueError, grpc.aio.UsageError):  # the channel was closed
            self._call = self._responses = None

    async def _read(self) -> None:
        if self._preparing is not None:
            await self._prepared(self._preparing)
            return
        try:
            if self._responses is None:
                raise ValueError("the channel was closed")
            response = await anext(self._responses)
            if self._link is not None:
                self._session.peers.answered(self._link)
            items = self._reading.received(response)
        except (
            asyncio.CancelledError,
            StopAsyncIteration,
            grpc.RpcError,
            grpc.aio.UsageError,
            ValueError,
            EventsError,
        ) as error:
            if cancelled_from_outside(error):
                self._end()
                raise
            if not self._closing.is_set():
                await self._open_again(error)
            return
        except BaseException:
            self._end()
            raise
        if items is None:
            self._end()
        else:
            self._waiting = iter(items)

    async def _prepared(self, preparing: asyncio.Task[None]) -> None:
        try:
            await asyncio.wait((preparing,))
            if self._closing.is_set():
                return
            self._preparing = None
            preparing.result()
        except BaseException:
            self._end()
            raise
        self._open()

    async def _open_again(self, error: BaseException) -> None:
        if self._reading.finished:
            self._end()
            return
        if isinstance(error, grpc.RpcError) and self._link and self._session.is_suspicious(self._link, error):
            await asyncio.to_thread(self._session.look, self._link, error)
        failure = failure_of(self._session, self._link, self._closings, error)
        try:
            wait = self._reading.broken(failure)
        except EventsError as final:
            self._end()
            raise await self._explained(final) from None
        if self._call is not None:
            self._call.cancel()
        try:
            await self._session.pause(wait, self._awake)
        except asyncio.CancelledError:
            self._end()
            raise
        self._open(failure.peer)

    async def _explained(self, error: EventsError) -> EventsError:
        if self._session.closed:
            return error
        return await self._session.run(self._reading.explaining(error))

    def _end(self) -> None:
        self._closing.set()
        self._awake.set()
        if self._preparing is not None:
            self._preparing.cancel()
        if self._call is not None:
            self._call.cancel()
        self._reading.ended()

    async def close(self) -> None:
        """Stop the stream, also from another task; the iteration then ends."""
        self._end()

    async def __aenter__(self) -> Stream[T]:
        if self._preparing is not None:
            await self._read()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
