"""What gateways, networks, contracts and the steps of a transaction have in common: a session."""

from __future__ import annotations

from typing import Generic, TypeVar

from fabric_gateway._connection.session import Session

S = TypeVar("S", bound=Session)


class Bound(Generic[S]):
    """A part of the API that works through a gateway's session."""

    def __init__(self, session: S) -> None:
        self._session = session

    @property
    def __session__(self) -> S:
        """The session, for other parts of this package: an outbox submits through a contract's."""
        return self._session
