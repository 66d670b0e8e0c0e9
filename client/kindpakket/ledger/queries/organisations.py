"""Queries on the organisations of the channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Organisation, Organisations


class OrganisationQueries(Desk):
    """Queries on the organisations of the channel. `Caller` lists what each may raise."""

    def show(self) -> Organisations:
        """`organisations:Show`: the MSP ids named for this channel, and those that have ended."""
        return cast(Organisations, self._caller.query("organisations:Show"))

    def list(self) -> Sequence[Organisation]:
        """`organisations:List`: the organisations proposed after the first ones were named, by MSP id."""
        return cast(Sequence[Organisation], self._caller.query("organisations:List")["items"])
