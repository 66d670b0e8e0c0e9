"""A stream of blocks or events, read by a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar

import grpc

from fabric_gateway._connection.flow import CallFailed
from fabric_gateway._connection.peers import Link
from fabric_gateway._connection.session import Session
from fabric_gateway._connection.sync import SyncSession
from fabric_gateway._flows.reading import Reading
from fabric_gateway.errors import EventsError

T = TypeVar("T")


class Stream(Generic[T]):
    """An iterator over what peers send. Close it, or use `with`, to stop early.

    When a peer fails, it resumes at another one, or at the same one when it is back, and no item is missing
    or repeated. It raises `EventsError` when it cannot resume.
    """

    def __init__(self, session: SyncSession, reading: Reading[T]) -> None:
        session.check_open()
        self._session = session
        self._reading = reading
        self._waiting: Iterator[T] = iter(())
        self._closing = threading.Event()
        self._awake = threading.Event()
        self._lock = threading.Lock()
        self._call: Any = None
        self._link: Link[grpc.Channel] | None = None
        self._closings = 0
        if reading.unprepared:
            session.run(reading.preparing())
        self._open()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        while not self._closing.is_set():
            for item in self._waiting:
                return item
            self._read()
        raise StopIteration

    def _open(self, avoid: str = "") -> None:
        if self._reading.finished:
            self.close()
            return
        request = self._reading.request()
        with self._lock:
            if self._closing.is_set():
                return
            self._link = link = self._session.link(avoid)
            self._closings = link.closings
            self._reading.opened(link)
            try:
                method: Any = link.channel.unary_stream(self._reading.path, None, None)
                self._call = method(request)
            except ValueError:  # the channel was closed
                self._call = None

    def _read(self) -> None:
        try:
            if self._call is None:
                raise ValueError("the channel was closed")
            response = next(self._call)
            self._answered()
            items = self._reading.received(response)
        except (StopIteration, grpc.RpcError, ValueError, EventsError) as error:
            if not self._closing.is_set():
                self._open_again(error)
            return
        except BaseException:
            self.close()
            raise
        if items is None:
            self.close()
        else:
            self._waiting = iter(items)

    def _answered(self) -> None:
        if self._link is not None:
            self._session.peers.answered(self._link)

    def _open_again(self, error: BaseException) -> None:
        if self._reading.finished:
            self.close()
            return
        if isinstance(error, grpc.RpcError) and self._link and self._session.is_suspicious(self._link, error):
            self._session.look(self._link, error)
        failure = failure_of(self._session, self._link, self._closings, error)
        try:
            wait = self._reading.broken(failure)
        except EventsError as final:
            self.close()
            raise self._explained(final) from None
        with self._lock:
            if self._call is not None:
                self._call.cancel()
        with self._session.closing.waking(self._awake.set):
            self._awake.wait(wait)
        self._open(failure.peer)

    def _explained(self, error: EventsError) -> EventsError:
        if self._session.closed:
            return error
        return self._session.run(self._reading.explaining(error))

    def close(self) -> None:
        """Stop the stream, also from another thread; the iteration then ends."""
        with self._lock:
            self._closing.set()
            self._awake.set()
            if self._call is not None:
                self._call.cancel()
            self._reading.ended()

    def __enter__(self) -> Stream[T]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def failure_of(session: Session, link: Link[Any] | None, closings: int, error: BaseException) -> CallFailed:
    """What the end of a stream means: an error of the call, a message of the peer, or no reason given."""
    if link is None:
        raise error
    if session.closed:
        return session.ended_call(link, closings)
    if isinstance(error, grpc.RpcError):
        return session.failure(link, closings, error)
    if isinstance(error, EventsError):
        failure = CallFailed(error.status, error.reason, error.details)
    elif isinstance(error, StopIteration | StopAsyncIteration):
        failure = CallFailed(grpc.StatusCode.ABORTED, "the peer ended the stream early")
    else:
        return session.ended_call(link, closings)
    failure.peer = link.name
    return failure
