"""The desk for the organisations of the channel: the first ones, those that join later, and their ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from kindpakket.ledger.queries.organisations import OrganisationQueries
from kindpakket.ledger.records import Decision, Organisation, Organisations


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
        """`organisations:Propose`: propose another organisation, to be approved by a second person.

        Args:
            msp: its MSP id, as in the channel's configuration.
            kind: `shops`: its users are tills; `auditors`: its users may read.
            reason: a code.
            accounts: the private collection, in the chaincode's definition, for its shops' accounts; default:
                `shopAccounts`, whose members store one another's accounts.
            request_id: becomes the change's id; default: a new id.

        Raises:
            OrganisationNamed: the organisation has already been named, even if it has ended since.
        """
        members: dict[str, object] = {"msp": msp, "kind": kind, "reason": reason}
        if accounts is not None:
            members["accounts"] = accounts
        return cast(
            Organisation, self._caller.invoke("organisations:Propose", members, request_id=request_id)
        )

    def approve(self, msp: str, change: str, *, request_id: str | None = None) -> Organisation:
        """`organisations:Approve`: recognise its roles from now on; by someone other than who proposed it.

        Args:
            msp: the organisation's MSP id.
            change: the id of the proposal that was reviewed, so that no other can take its place.
            request_id: default: a new id.
        """
        members = {"msp": msp, "change": change}
        return cast(
            Organisation, self._caller.invoke("organisations:Approve", members, request_id=request_id)
        )

    def reject(self, msp: str, change: str, reason: str, *, request_id: str | None = None) -> Organisation:
        """`organisations:Reject`: by an approver, or by whoever proposed it. The reason is a code."""
        members = {"msp": msp, "change": change, "reason": reason}
        return cast(Organisation, self._caller.invoke("organisations:Reject", members, request_id=request_id))

    def propose_end(self, msp: str, reason: str, *, request_id: str | None = None) -> Decision:
        """`organisations:ProposeEnd`: propose that no role counts in an organisation any more, permanently.

        Another person approves it with `decisions.approve`. Its shops stay, and are still paid. End them as
        well, with `shops.propose_end`: nobody of theirs can take, refund or release anything any more.

        Args:
            msp: the organisation's MSP id, which no organisation can get again.
            reason: a code.
            request_id: becomes the decision's id; default: a new id.

        Raises:
            InvalidOrganisations: it is the municipality, or the last organisation of shops or of auditors.
            ChangeNotFound: the organisation is not named.
            ChangeState: it has already ended, or has only been proposed: reject that instead.
        """
        members = {"msp": msp, "reason": reason}
        return cast(Decision, self._caller.invoke("organisations:ProposeEnd", members, request_id=request_id))
