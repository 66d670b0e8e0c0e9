"""The books agree with the ledger of random histories that the chaincode itself went through.

The histories are those of the replay's tests. The auditor's books, which those tests compare with what the
chaincode holds, are what these books have to agree with.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import test_replay_of_histories as replayed
from replayed_movements import ReplayedMovements
from town import Movements, keep

from kindpakket.backoffice.books.agreement import check_books
from kindpakket.backoffice.books.chart import Chart, Role
from kindpakket.backoffice.books.mapping import example, load_mapping

_EVERY = 20
_REACHED = (
    *("issued", "topped_up", "held", "released", "spent", "refunded", "cancelled", "lapsed", "revoked"),
    *("drafted", "withdrawn", "approved", "exported", "paid", "returned", "claimed", "recovered"),
)


def check(made: ReplayedMovements, chart: Chart) -> None:
    """Compare the books with the auditor's, scheme by scheme."""
    books = keep(Movements(made.movements), chart, grouping="day")
    assert check_books(books).problems == ()
    balances: Counter[tuple[str, Role]] = Counter()
    for entry in books.entries:
        for line in entry.lines:
            balances[entry.scheme, line.role] += line.cents
    shops = made.books.shop_balances()
    for scheme in made.books.schemes.values():
        terms = scheme.terms()
        of = [balance for (its, _), balance in shops.items() if its == scheme.id]
        payable = sum(b.unsettled + b.drafted + b.approved + b.exported for b in of)
        assert -balances[scheme.id, "commitments"] == terms.available + terms.held
        assert balances[scheme.id, "costs"] == terms.net
        accruals: tuple[Role, ...] = ("accrued_liabilities", "accrued_assets", "accrued_costs")
        assert -sum(balances[scheme.id, role] for role in ("payables", *accruals)) == payable
        assert balances[scheme.id, "receivables"] == -sum(b.claimed for b in of)
        assert balances[scheme.id, "bank"] == -sum(b.paid_out + b.collected for b in of)
        assert balances[scheme.id, "write_offs"] == -sum(b.written_off for b in of)
        assert -balances[scheme.id, "netting"] == sum(b.netted for b in of)


def test_the_books_agree_with_the_ledger_all_along(histories: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(example())
    chart = load_mapping(path)
    seen: Counter[str] = Counter()
    for history in histories:
        made = ReplayedMovements()
        accepted = [(number, asked) for number, asked in enumerate(history["asked"]) if not asked["refused"]]
        for place, (number, asked) in enumerate(accepted):
            made.apply(replayed.requested(number, asked))
            if place % _EVERY == 0:
                check(made, chart)
        check(made, chart)
        seen.update(movement.kind for movement in made.movements)
    # What the histories reach too seldom to rely on is in the tests of a town.
    assert {*_REACHED} <= seen.keys(), seen
