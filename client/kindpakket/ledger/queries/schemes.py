"""Queries on schemes, their rules and proposed changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Change, Scheme, SchemeView, StoredRules


class SchemeQueries(Desk):
    """Queries on schemes, their rules and proposed changes. `Caller` lists what each may raise."""

    def show(self, scheme: str) -> SchemeView:
        """`scheme:Show`: a scheme with rules, budget and last closed day."""
        return cast(SchemeView, self._caller.query("scheme:Show", {"scheme": scheme}))

    def list(self) -> Iterator[Scheme]:
        """`scheme:List`: all schemes, by id."""
        return self._caller.items("scheme:List")

    def rules(self, scheme: str, version: int) -> StoredRules:
        """`scheme:Rules`: one version of a scheme's rules; `show` gives the newest one."""
        return cast(StoredRules, self._caller.query("scheme:Rules", {"scheme": scheme, "version": version}))

    def changes(self, scheme: str) -> Iterator[Change]:
        """`scheme:Changes`: all changes proposed to a scheme, by id."""
        return self._caller.items("scheme:Changes", {"scheme": scheme})
