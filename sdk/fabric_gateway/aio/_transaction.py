"""An endorsed transaction, for asyncio."""

from __future__ import annotations

from fabric_gateway._connection.aio import AsyncSession
from fabric_gateway._connection.deadlines import Deadlines
from fabric_gateway._transaction import BaseTransaction
from fabric_gateway.aio._commit import Commit


class Transaction(BaseTransaction[AsyncSession]):
    """An endorsed transaction; see `fabric_gateway.Transaction`."""

    async def submit(self, *, deadlines: Deadlines | None = None) -> Commit:
        """Offer the transaction to the orderers, and return its commit."""
        status = await self._session.run(self._endorsed.submit(self._session.deadlines_of(deadlines)))
        return Commit(
            self._session,
            self.channel,
            self.transaction_id,
            status,
            signature=self._endorsed.commit_signature,
        )
