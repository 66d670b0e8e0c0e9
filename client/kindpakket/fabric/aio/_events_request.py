"""A request for blocks or events, for asyncio."""

from __future__ import annotations

from typing import TypeVar

from kindpakket.fabric._connection.aio import AsyncSession
from kindpakket.fabric._event_requests import BaseEventsRequest
from kindpakket.fabric.aio._stream import Stream

T = TypeVar("T")


class EventsRequest(BaseEventsRequest[AsyncSession, T]):
    """A request for blocks or events; see `kindpakket.fabric.EventsRequest`."""

    def stream(self) -> Stream[T]:
        """Send the request, and return what the peer sends."""
        return Stream(self._session, self._reading())
