"""A view of the chaincode's own random histories agrees with its records and with the auditor's books."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from ledger_blocks import CHAINCODE, CHANNEL, peer_of
from test_replay_of_histories import requests_of, transaction

from kindpakket.auditor.replay.replay import Replay
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.movements import Movement, MovementKind
from kindpakket.ledgerview import LedgerView, Sums, catch_up, table
from kindpakket.ledgerview.folding import Fold
from kindpakket.ledgerview.prepared import Prepared
from view_equations import check_books, check_equations, check_records

RARE = {"budget_cut", "claim_reopened", "recovery_reversed", "write_off_reversed"}
"""Kinds of movements that these histories may lack; those of `test_view_money` have them all."""


def committed(history: dict[str, Any]) -> list[dict[str, Any]]:
    return [asked for asked in history["asked"] if not asked["refused"]]


def test_movements_agree_with_the_books_after_every_transaction(histories: list[dict[str, Any]]) -> None:
    kinds: set[str] = set()
    for history in histories:
        replay = Replay(Domain(CHANNEL, CHAINCODE))
        replay.books.layout = 3
        fold, sums, seen = Fold(CHAINCODE, {}), Sums(), 0
        for number, asked in enumerate(committed(history)):
            for request in requests_of(number, asked):
                replay.apply(request)
            (block,) = peer_of([transaction(asked)]).decoded()
            fold.add(Prepared.of(replace(block, number=number), CHAINCODE))
            assert not fold.added.get("flaws"), (fold.added["flaws"], asked)
            rows: list[Any] = fold.added.get("movements", [])
            new = rows[seen:]
            for row in new:
                sums.add(Movement(**row))
                kinds.add(row["kind"])
            seen = len(rows)
            if new or number % 50 == 0:
                check_equations(sums)
                check_books(sums, replay.books)
        check_records(sums, history["state"])
    assert kinds >= set(get_args(MovementKind)) - RARE


@pytest.mark.parametrize("number", [0, 1])
def test_tables_have_the_state_and_who_did_what(
    histories: list[dict[str, Any]], tmp_path: Path, number: int
) -> None:
    history = histories[number]
    asked = committed(history)
    with LedgerView(tmp_path / "view.db", channel=CHANNEL, chaincode=CHAINCODE) as view:
        catch_up(view, peer_of(map(transaction, asked)))
        with view.reading() as snapshot:
            tables = {
                name: [
                    dict(zip([column.name for column in table(name).columns], row, strict=True))
                    for row in snapshot.rows(table(name), history=True)
                ]
                for name in ("vouchers", "payments", "refunds", "settlements", "shops", "items", "requests")
            }
            current = {
                name: {str(dict(zip(columns, row, strict=True))["id"]) for row in snapshot.rows(table(name))}
                for name in (
                    "vouchers",
                    "payments",
                    "refunds",
                    "settlements",
                    "shops",
                    "proposals",
                    "erasures",
                )
                for columns in [[column.name for column in snapshot.columns(table(name))]]
            }
    state = history["state"]
    for name, kinds in {
        "vouchers": ("voucher",),
        "payments": ("payment",),
        "refunds": ("refund",),
        "settlements": ("settlement",),
        "shops": ("shop",),
        "proposals": ("change", "allocation", "decision", "organisation"),
        "erasures": ("erasure",),
    }.items():
        records = [record for key, record in state.items() if key.partition("/")[0] in kinds]
        ids = {record["change"] if "change" in record else record["id"] for record in records}
        assert current[name] == ids, name
    for name in ("vouchers", "payments", "settlements"):
        kind = name.removesuffix("s")
        now = {(row["scheme"], row["id"]): row for row in tables[name] if row["until_block"] is None}
        for key, record in state.items():
            if key.startswith(f"{kind}/"):
                row = now[record["scheme"], record["id"]]
                for member, value in record.items():
                    if member in row and not isinstance(value, dict | list) and value != "":
                        assert row[member] == value, (key, member)
    open_items = {
        (row["scheme"], row["shop"], row["day"], row["id"]): row["cents"]
        for row in tables["items"]
        if row["until_block"] is None and row["settlement"] is None
    }
    assert open_items == {
        tuple(key.split("/")[1:]): value["cents"]
        for key, value in state.items()
        if key.startswith("unsettled/")
    }
    assert [
        (row["operation"], row["msp"], row["person"], row["role"], row["time"], row["request"])
        for row in tables["requests"]
    ] == [
        (each.operation, each.mspid, each.person, each.role, each.at, each.request["request_id"])
        for number, one in enumerate(asked)
        for each in requests_of(number, one)
        if each.outcome != "refused"
    ]
