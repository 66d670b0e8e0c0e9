"""Queries on decisions of two persons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Decision, Waiting, WaitingKind


class DecisionQueries(Desk):
    """Queries on decisions. `Caller` lists what each may raise."""

    def show(self, decision: str) -> Decision:
        """`decision:Show`: a decision, taken or not."""
        return cast(Decision, self._caller.query("decision:Show", {"decision": decision}))

    def list(self) -> Iterator[Decision]:
        """`decision:List`: all decisions, by id; those that wait have the state `proposed`."""
        return self._caller.items("decision:List")

    def waiting(self, kind: WaitingKind | None = None, *, scheme: str | None = None) -> Iterator[Waiting]:
        """`decision:Waiting`: everything that waits for a second person, by kind.

        Args:
            kind: only what is of this kind; default: all kinds.
            scheme: only what is about this scheme; default: about any scheme, or none.
        """
        given = {"kind": kind, "scheme": scheme}
        members = {name: value for name, value in given.items() if value is not None}
        return self._caller.items("decision:Waiting", members)

    def unindexed(self) -> Iterator[str]:
        """`decision:Unindexed`: keys of records from before there was the list, which `index` has to list."""
        return self._caller.items("decision:Unindexed")
