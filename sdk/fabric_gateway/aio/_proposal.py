"""A call of the chaincode, for asyncio."""

from __future__ import annotations

from fabric_gateway._connection.aio import AsyncSession
from fabric_gateway._proposal import BaseProposal
from fabric_gateway.aio._transaction import Transaction


class Proposal(BaseProposal[AsyncSession]):
    """A call of the chaincode; see `fabric_gateway.Proposal`."""

    async def evaluate(self, *, timeout: float | None = None) -> bytes:
        """Run the chaincode on one peer and return its result."""
        seconds = self._session.seconds("evaluate", timeout)
        return await self._session.run(self._evaluating(seconds))

    async def endorse(self, *, timeout: float | None = None) -> Transaction:
        """Collect endorsements, and sign the transaction that they make."""
        seconds = self._session.seconds("endorse", timeout)
        return Transaction(self._session, await self._session.run(self._endorsing(seconds)))
