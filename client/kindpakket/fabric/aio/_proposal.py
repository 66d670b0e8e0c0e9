"""A call of the chaincode, for asyncio."""

from __future__ import annotations

from kindpakket.fabric._connection.aio import AsyncSession
from kindpakket.fabric._proposal import BaseProposal
from kindpakket.fabric.aio._transaction import Transaction


class Proposal(BaseProposal[AsyncSession]):
    """A call of the chaincode; see `kindpakket.fabric.Proposal`."""

    async def evaluate(self, *, timeout: float | None = None) -> bytes:
        """Run the chaincode on one peer and return its result."""
        seconds = self._session.seconds("evaluate", timeout)
        return await self._session.run(self._evaluating(seconds))

    async def endorse(self, *, timeout: float | None = None) -> Transaction:
        """Collect endorsements, and sign the transaction that they make."""
        seconds = self._session.seconds("endorse", timeout)
        return Transaction(self._session, await self._session.run(self._endorsing(seconds)))
