"""Queries on decisions of two persons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Decision


class DecisionQueries(Desk):
    """Queries on decisions. `Caller` lists what each may raise."""

    def show(self, decision: str) -> Decision:
        """`decision:Show`: a decision, taken or not."""
        return cast(Decision, self._caller.query("decision:Show", {"decision": decision}))

    def list(self) -> Iterator[Decision]:
        """`decision:List`: all decisions, by id; those that wait have the state `proposed`."""
        return self._caller.items("decision:List")
