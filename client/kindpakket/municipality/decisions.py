"""The desk for decisions: what one person proposed and another one approves or rejects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from kindpakket.ledger.queries.decisions import DecisionQueries
from kindpakket.ledger.records import Decision, IndexedDecisions


class DecisionDesk(DecisionQueries):
    """Transactions on decisions.

    They are proposed where they belong: `vouchers.propose_revocation`, `vouchers.propose_freeing`,
    `shops.propose_end`, `organisations.propose_end`.
    """

    def approve(self, decision: str, *, request_id: str | None = None) -> Decision:
        """`decision:Approve`: carry out what another person proposed, as a whole.

        Raises:
            SecondPersonRequired: the same person proposed it.
            ChangeExpired: it was proposed 30 days ago or longer: propose it again.
        """
        members = {"decision": decision}
        return cast(Decision, self._caller.invoke("decision:Approve", members, request_id=request_id))

    def reject(self, decision: str, reason: str, *, request_id: str | None = None) -> Decision:
        """`decision:Reject`: by an approver or whoever proposed it. The reason is a code."""
        members = {"decision": decision, "reason": reason}
        return cast(Decision, self._caller.invoke("decision:Reject", members, request_id=request_id))

    def index(self, keys: Sequence[str], *, request_id: str | None = None) -> IndexedDecisions:
        """`decision:Index`: list what waits because of records from before there was the list.

        Args:
            keys: of the records, at most `BULK`, as `unindexed` lists them.
            request_id: default: a new id.
        """
        members = {"keys": list(keys)}
        return cast(IndexedDecisions, self._caller.invoke("decision:Index", members, request_id=request_id))
