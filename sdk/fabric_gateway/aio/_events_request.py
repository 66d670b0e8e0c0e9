"""A request for blocks or events, for asyncio."""

from __future__ import annotations

from typing import TypeVar

from fabric_gateway._connection.aio import AsyncSession
from fabric_gateway._event_requests import BaseEventsRequest
from fabric_gateway.aio._stream import Stream

T = TypeVar("T")


class EventsRequest(BaseEventsRequest[AsyncSession, T]):
    """A request for blocks or events; see `fabric_gateway.EventsRequest`."""

    def stream(self) -> Stream[T]:
        """Send the request, and return what the peer sends."""
        return Stream(self._session, self._reading())
