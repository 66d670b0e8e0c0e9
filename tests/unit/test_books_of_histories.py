"""The books agree with the ledger of random histories that the chaincode itself went through.

The histories are those of the replay's tests. The auditor's books, which those tests compare with what the
chaincode holds, are what these books have to agree with.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ledger_blocks import CHAINCODE, CHANNEL, peer_of
from replayed_movements import ReplayedMovements
from test_replay_of_histories import requests_of, transaction
from test_view_of_histories import committed
from town import Movements, keep

from kindpakket.auditor.books import Books as AuditorBooks
from kindpakket.backoffice.books.agreement import check_books
from kindpakket.backoffice.books.books import Books, keep_books
from kindpakket.backoffice.books.chart import Role
from kindpakket.backoffice.books.charts import Charts
from kindpakket.backoffice.books.mapping import example, load_mapping
from kindpakket.backoffice.books.view_source import ViewSource
from kindpakket.ledgerview import LedgerView, catch_up
from kindpakket_cli.main import main

_EVERY = 20
_REACHED = (
    *("issued", "topped_up", "held", "released", "spent", "refunded", "cancelled", "lapsed", "revoked"),
    *("drafted", "withdrawn", "approved", "exported", "paid", "returned", "claimed", "recovered"),
)


@pytest.fixture
def where_view(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a view may be, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return where


def check(books: Books, auditor: AuditorBooks) -> None:
    """Compare the books with the auditor's, scheme by scheme."""
    assert check_books(books).problems == ()
    balances: Counter[tuple[str, Role]] = Counter()
    for entry in books.entries:
        for line in entry.lines:
            balances[entry.scheme, line.role] += line.cents
    shops = auditor.shop_balances()
    for scheme in auditor.schemes.values():
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
            for request in requests_of(number, asked):
                made.apply(request)
            if place % _EVERY == 0:
                check(keep(Movements(made.movements), chart, grouping="day"), made.books)
        check(keep(Movements(made.movements), chart, grouping="day"), made.books)
        seen.update(movement.kind for movement in made.movements)
    # What the histories reach too seldom to rely on is in the tests of a town.
    assert {*_REACHED} <= seen.keys(), seen


def test_the_books_of_a_view_agree_with_the_ledger(histories: list[dict[str, Any]], where_view: str) -> None:
    """At several blocks of the view, on SQLite and PostgreSQL, and by the command."""
    mapping = Path("mapping.yaml")
    mapping.write_text(example())
    charts = Charts.of([load_mapping(mapping)])
    history = max(histories, key=lambda one: len(committed(one)))
    asked = committed(history)
    made = ReplayedMovements()
    with LedgerView(where_view, channel=CHANNEL, chaincode=CHAINCODE) as view:
        catch_up(view, peer_of(map(transaction, asked), sizes=(1,)))
        first = view.height - len(asked)
        for number, one in enumerate(asked):
            for request in requests_of(number, one):
                made.apply(request)
            if number % (len(asked) // 4) == 0:
                check(keep_books(ViewSource(view), charts, until_block=first + number), made.books)
        books = keep_books(ViewSource(view), charts)
        check(books, made.books)
        with view.reading() as snapshot:
            assert books.position.block_hash == snapshot.moment.hash
    command = ["books", "check", "--mapping", str(mapping), "--view", where_view, "--json"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["block_hash"] == books.position.block_hash
    beyond = CliRunner().invoke(main, [*command, "--until-block", "99999"])
    assert (beyond.exit_code, json.loads(beyond.stderr)["error"]["code"]) == (2, "FILE")


def test_movements_have_to_come_from_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KINDPAKKET_VIEW", raising=False)
    Path("mapping.yaml").write_text(example())
    command = ["books", "check", "--mapping", "mapping.yaml"]
    assert "give the movements" in CliRunner().invoke(main, command).stderr
    missing = CliRunner().invoke(main, [*command, "--view", "none.db"])
    assert (missing.exit_code, "there is no view" in missing.stderr) == (2, True)
