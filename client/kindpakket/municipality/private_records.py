"""Transactions that write private records only, endorsed by the organisations that may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from fabric_gateway import CommitError
from kindpakket.ledger.caller import Caller
from kindpakket.ledger.queries.organisations import OrganisationQueries
from kindpakket.ledger.records import Organisations

_POLICY_FAILURE = "ENDORSEMENT_POLICY_FAILURE"


class PrivateRecords:
    """Writes to the private collections that the municipality is a member of."""

    def __init__(self, caller: Caller) -> None:
        """Write through a caller."""
        self._caller = caller

    def organisations(self) -> Organisations:
        """The MSP ids named for this channel."""
        return OrganisationQueries(self._caller).show()

    @cached_property
    def municipality(self) -> Sequence[str]:
        """The municipality's MSP id alone; it never changes, so it is queried once."""
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
        """Run a transaction that writes private records only, endorsed by organisations that may see them.

        A repeated request writes nothing, so peers validate it against the chaincode's own endorsement policy
        instead of the collection's. The municipality alone cannot satisfy that, and the transaction becomes
        invalid. The endorsing peer has checked the records by then, so this failure means "already done".

        Args:
            name: the transaction, such as `voucher:RecordCases`.
            members: the members of the request.
            repeated: the answer if the request had already been carried out.
            request_id: as for `Caller.invoke`.
            transient: private records by name.
            organisations: MSP ids of the endorsing organisations; default: the municipality alone.

        Returns:
            The decoded JSON answer, or `repeated`.
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
            if error.code != _POLICY_FAILURE:
                raise
            return repeated
