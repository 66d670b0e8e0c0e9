"""The ledger view: the ledger as tables, kept up to date from the blocks of the organisation's own peer.

    with LedgerView("view.db", channel="zuidhorn", chaincode="kindpakket") as view:
        catch_up(view, gateway.network("zuidhorn"))
        with view.reading(date(2026, 12, 31)) as snapshot:
            print(snapshot.moment)

Needs the extra `view`.
"""

from __future__ import annotations

from kindpakket.extras import extra

with extra("view"):
    import sqlalchemy as _  # noqa: F401 - so that what is missing is said before anything else

from kindpakket.ledgerview.errors import LedgerMismatch, ViewError
from kindpakket.ledgerview.following import catch_up, follow, rebuild
from kindpakket.ledgerview.layout import TABLES, TableLayout, table
from kindpakket.ledgerview.moment import Moment
from kindpakket.ledgerview.snapshot import Snapshot
from kindpakket.ledgerview.sums import Sums
from kindpakket.ledgerview.view import LedgerView, Status

__all__ = [
    "TABLES",
    "LedgerMismatch",
    "LedgerView",
    "Moment",
    "Snapshot",
    "Status",
    "Sums",
    "TableLayout",
    "ViewError",
    "catch_up",
    "follow",
    "rebuild",
    "table",
]
