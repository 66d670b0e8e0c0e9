"""The desk for the organisations of the channel: the first ones, and further ones that join later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from kindpakket.ledger.queries.organisations import OrganisationQueries
from kindpakket.ledger.records import Organisation, Organisations


class OrganisationDesk(OrganisationQueries):
    """Transactions on the organisations of the channel."""

    def initialise(
        self,
        municipality: str,
        shops: Sequence[str],
        auditors: Sequence[str],
        *,
        request_id: str | None = None,
    ) -> Organisations:
        """`organisations:Initialise`: name the first MSP ids of the channel, once."""
        members = {"municipality": municipality, "shops": list(shops), "auditors": list(auditors)}
        return cast(
            Organisations, self._caller.invoke("organisations:Initialise", members, request_id=request_id)
        )

    def propose(
        self,
        msp: str,
        kind: Literal["shops", "auditors"],
        reason: str,
        *,
        accounts: str | None = None,
        request_id: str | None = None,
    ) -> Organisation:
        """`organisations:Propose`: a further organisation, which counts once a second person approved it.

        Args:
            msp: its MSP id, as in the channel's configuration.
            kind: what it is.
            reason: a code.
            accounts: the collection of the chaincode's definition that the accounts of its shops go to;
                default: `shopAccounts`, whose members keep one another's.
            request_id: see above; it becomes the change's id.

        Raises:
            OrganisationNamed: it was named before.
        """
        members: dict[str, object] = {"msp": msp, "kind": kind, "reason": reason}
        if accounts is not None:
            members["accounts"] = accounts
        return cast(
            Organisation, self._caller.invoke("organisations:Propose", members, request_id=request_id)
        )

    def approve(self, msp: str, change: str, *, request_id: str | None = None) -> Organisation:
        """`organisations:Approve`: roles count in it from now on; by another person than who proposed it.

        Args:
            msp: the organisation.
            change: the proposal that was looked at: no other one can slip in.
            request_id: see above.
        """
        members = {"msp": msp, "change": change}
        return cast(
            Organisation, self._caller.invoke("organisations:Approve", members, request_id=request_id)
        )

    def reject(self, msp: str, change: str, reason: str, *, request_id: str | None = None) -> Organisation:
        """`organisations:Reject`: by an approver, or by who proposed it. The reason is a code."""
        members = {"msp": msp, "change": change, "reason": reason}
        return cast(Organisation, self._caller.invoke("organisations:Reject", members, request_id=request_id))
