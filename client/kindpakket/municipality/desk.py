"""What the desks of the municipality's back office share: queries, and calls about private records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from kindpakket.fabric import CommitError
from kindpakket.ledger.queries import Queries

BULK = 500
"""How many vouchers, settlements or private records one request may name."""
_Thing = TypeVar("_Thing")
_NOT_BY_ONE_ALONE = "ENDORSEMENT_POLICY_FAILURE"


def bulks(things: Sequence[_Thing]) -> Iterator[Sequence[_Thing]]:
    """Things in parts that one request may carry."""
    for at in range(0, len(things), BULK):
        yield things[at : at + BULK]


class Office(Queries):
    """A desk of the municipality, as the user whose identity the contract's gateway has."""

    @cached_property
    def _municipal(self) -> list[str]:
        """The municipality's MSP id; it is named once, so it is asked once."""
        return [self.organisations()["municipality"]]

    def _privately(
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
            return self.invoke(
                name,
                members,
                request_id=request_id,
                transient=transient,
                organisations=organisations or self._municipal,
            )
        except CommitError as error:
            if error.code != _NOT_BY_ONE_ALONE:
                raise
            return repeated
