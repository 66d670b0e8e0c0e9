"""Transactions that write private records only, endorsed by those who may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from kindpakket.fabric import CommitError
from kindpakket.ledger.caller import Caller
from kindpakket.ledger.queries.organisations import OrganisationQueries
from kindpakket.ledger.records import Organisations

_NOT_BY_ONE_ALONE = "ENDORSEMENT_POLICY_FAILURE"


class PrivateRecords:
    """Writes to the private collections that the municipality is a member of."""

    def __init__(self, caller: Caller) -> None:
        """Write through a caller."""
        self._caller = caller

    def organisations(self) -> Organisations:
        """The MSP ids that were named for this channel."""
        return OrganisationQueries(self._caller).show()

    @cached_property
    def municipality(self) -> Sequence[str]:
        """The municipality's MSP id alone; it is named once, so it is asked once."""
        return [self.organisations()["municipality"]]

    def write(
        self,
        name: str,
        members: Mapping[str, object],
        *,
        repeated: object,
        request_id: str | None,
        transient: Mapping[str, object] | None = None,
        organisations: Sequence[str] = (),
    ) -> Any:
        """Run a transaction that writes private records only, endorsed by those who may see them.

        A repetition writes nothing, so peers judge it by the policy of the whole chaincode, which the
        municipality alone cannot satisfy, and mark it invalid. The endorsing peer has looked at the records
        by then, so that this verdict is taken for "done before".

        Args:
            name: the transaction.
            members: the members of the request.
            repeated: the answer when it had been done before.
            request_id: see `Caller.invoke`.
            transient: private records by name.
            organisations: MSP ids that endorse; default: the municipality alone.
        """
        try:
            return self._caller.invoke(
                name,
                members,
                request_id=request_id,
                transient=transient,
                organisations=organisations or self.municipality,
            )
        except CommitError as error:
            if error.code != _NOT_BY_ONE_ALONE:
                raise
            return repeated
