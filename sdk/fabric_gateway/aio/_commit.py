"""The end of a transaction, for asyncio."""

from __future__ import annotations

from fabric_gateway._commit import BaseCommit
from fabric_gateway._commit_status import CommitStatus
from fabric_gateway._connection.aio import AsyncSession


class Commit(BaseCommit[AsyncSession]):
    """A transaction that was offered to the orderers; see `fabric_gateway.Commit`."""

    async def status(self, *, timeout: float | None = None) -> CommitStatus:
        """Wait until the transaction is in a block, and say whether it is valid."""
        seconds = self._session.seconds("commit_status", timeout)
        return await self._session.run(self._waiting(seconds))
