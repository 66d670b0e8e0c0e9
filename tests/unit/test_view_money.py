"""The movements of a view are all that happened to money: the equations hold over them at every block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_blocks import CHAINCODE, CHANNEL, Asked, peer_of
from small_town import STEPS, SmallTown

from fabric_gateway.blocks import Block
from kindpakket.ledger.movements import Movement, MovementKind
from kindpakket.ledgerview import LedgerView, Sums, catch_up, table
from kindpakket.ledgerview.folding import Fold
from kindpakket.ledgerview.prepared import Prepared
from view_equations import check_equations, check_records


class Folded:
    """Blocks folded without a database: the movements and flaws so far."""

    def __init__(self) -> None:
        self.fold = Fold(CHAINCODE, {})
        self.sums = Sums()
        self._seen = 0

    def add(self, block: Block) -> None:
        self.fold.add(Prepared.of(block, CHAINCODE))
        rows: list[Any] = self.fold.added.get("movements", [])
        for row in rows[self._seen :]:
            self.sums.add(Movement(**row))
        self._seen = len(rows)

    @property
    def flaws(self) -> list[Any]:
        return self.fold.added.get("flaws", [])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=10, max_size=120),
    random=st.randoms(use_true_random=False),
)
def test_the_equations_hold_at_every_block_whatever_happens(steps: list[str], random: Random) -> None:
    town = SmallTown(random)
    folded = Folded()
    for number, asked in enumerate(_told(town, ["issue", "issue", *steps])):
        folded.add(replace(peer_of([asked]).decoded()[0], number=number))
        assert folded.flaws == []
        check_equations(folded.sums)
        check_records(folded.sums, town.state)


def _told(town: SmallTown, steps: list[str]) -> Iterator[Asked]:
    yield from town.begin()
    for step in steps:
        if (made := town.step(step)) is not None:
            yield made


def test_each_kind_of_movement_happens() -> None:
    town = SmallTown(Random(1))
    folded = Folded()
    for block in peer_of([*town.begin(), *town.steps(3_000)]).decoded():
        folded.add(block)
    kinds = {row["kind"] for row in folded.fold.added["movements"]}
    assert kinds == set(get_args(MovementKind))
    check_records(folded.sums, town.state)


def test_the_database_has_the_same_movements(where: str) -> None:
    town = SmallTown(Random(2))
    peer = peer_of([*town.begin(), *town.steps(400)])
    folded = Folded()
    with LedgerView(where, channel=CHANNEL, chaincode=CHAINCODE) as view:
        catch_up(view, peer)
        check_records(Sums.of(view.movements()), town.state)
        for block in peer.decoded():
            folded.add(block)
            if block.number % 40 == 0:
                assert Sums.of(view.movements(until_block=block.number)) == folded.sums
        assert view.status().flaws == 0


def test_amounts_that_nothing_explains_are_flaws(tmp_path: Path) -> None:
    town = SmallTown(Random(3))
    told = [*town.begin(), *town.steps(60)]
    changed = next(asked for asked in told if asked.operation == "payment:Pay")
    key = next(key for key in changed.writes if key.startswith("voucher/"))
    changed.writes[key]["available_cents"] += 7
    with LedgerView(tmp_path / "view.db", channel=CHANNEL, chaincode=CHAINCODE) as view:
        catch_up(view, peer_of(told))
        assert view.status().flaws >= 1
        with view.reading() as snapshot:
            (*_, flaw) = next(iter(snapshot.rows(table("flaws"))))
    assert flaw == f"available of voucher {key.rpartition('/')[2]} differs by 7 cents from what moved"


@pytest.mark.parametrize("layout", [1, 2])
def test_items_that_a_settlement_of_an_early_layout_keeps_in_its_record(layout: int) -> None:
    """Layouts 1 and 2 keep the items in the settlement; withdrawing puts them back."""
    scheme, shop, settlement = "a" * 32, "b" * 32, "c" * 32
    open_keys = {f"unsettled/{scheme}/{shop}/2026-03-10/{item * 32}": 500 for item in "de"}
    record = {
        "v": layout,
        "id": settlement,
        "scheme": scheme,
        "shop": shop,
        "items": [{"id": item * 32, "day": "2026-03-10", "cents": 500} for item in "de"],
        "cents": 1000,
        "through": "2026-03-10",
        "drafted_by": "p-clerk",
    }
    key = f"settlement/{scheme}/{settlement}"
    told = [
        Asked("settlement:Draft", {}, {**dict.fromkeys(open_keys), key: {**record, "state": "drafted"}}),
        Asked(
            "settlement:Index",
            {},
            {
                key: {
                    **{name: value for name, value in record.items() if name != "items"},
                    "state": "drafted",
                },
                **{
                    name.replace("unsettled", "sold"): {"settlement": settlement, "cents": cents}
                    for name, cents in open_keys.items()
                },
            },
        )
        if layout == 2
        else Asked("settlement:Approve", {}, {key: {**record, "state": "approved"}}),
        Asked(
            "settlement:Withdraw",
            {},
            {
                key: {**record, "state": "withdrawn"},
                **{name: {"cents": cents} for name, cents in open_keys.items()},
            },
        ),
    ]
    items = Asked(
        "payment:Pay", {}, {name: {"v": layout, "cents": cents} for name, cents in open_keys.items()}
    )
    folded = Folded()
    for block in peer_of([items, *told], sizes=[1]).decoded():
        folded.add(block)
    kinds = [row["kind"] for row in folded.fold.added["movements"]]
    assert kinds == ["drafted", *(["approved"] if layout == 1 else []), "withdrawn"]
    # The first transaction makes items without payments, which these records are not about.
    assert [flaw["block"] for flaw in folded.flaws] == [0]
    rows = folded.fold.added["items"]
    assert [row["settlement"] for row in rows] == [None, None, settlement, settlement, None, None]
