"""Queries on allocations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Allocation


class AllocationQueries(Desk):
    """Queries on allocations. `Caller` lists what each may raise."""

    def show(self, scheme: str, allocation: str) -> Allocation:
        """`allocation:Show`: an allocation."""
        members = {"scheme": scheme, "allocation": allocation}
        return cast(Allocation, self._caller.query("allocation:Show", members))

    def list(self, scheme: str) -> Iterator[Allocation]:
        """`allocation:List`: all allocations of a scheme, by id."""
        return self._caller.items("allocation:List", {"scheme": scheme})
