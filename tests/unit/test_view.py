"""The ledger view: the same tables for the same blocks, whatever happens while they are read."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from ledger_blocks import CHAINCODE, CHANNEL, Asked, Peer, peer_of
from small_town import SmallTown
from sqlalchemy import create_engine, text
from story import NOON

from kindpakket.ledger.days import day_of, first_instant
from kindpakket.ledgerview import (
    TABLES,
    LedgerMismatch,
    LedgerView,
    ViewError,
    catch_up,
    follow,
    rebuild,
    table,
)
from kindpakket.ledgerview.adding import Adding
from kindpakket.ledgerview.engine import Address
from kindpakket.ledgerview.histories import history_of

SEED, STEPS = 5, 300


@pytest.fixture(scope="module")
def peer() -> Peer:
    town = SmallTown(Random(SEED))
    return peer_of([*town.begin(), *town.steps(STEPS)])


@pytest.fixture(scope="module")
def expected(peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash over the tables of a view that was made in one go."""
    with made(str(tmp_path_factory.mktemp("expected") / "view.db")) as view:
        catch_up(view, peer)
        return view.digest()


def made(where: str | Path) -> LedgerView:
    return LedgerView(where, channel=CHANNEL, chaincode=CHAINCODE)


class Shorter:
    """A peer that has not got all blocks yet, or whose stream breaks."""

    def __init__(self, peer: Peer, height: int, *, breaks: bool = False) -> None:
        self._peer = Peer(peer.messages[:height])
        self._breaks = breaks
        self.info = self._peer.info if not breaks else peer.info

    def blocks(self, start: int | None = 0, stop: int | None = None) -> Iterator[Any]:
        yield from self._peer.blocks(start, stop)
        if self._breaks:
            raise ConnectionError("the peer went away")


def test_the_hash_is_the_same_on_each_database_and_however_the_blocks_came(
    where: str, peer: Peer, expected: str
) -> None:
    with made(where) as view:
        for height in (1, 2, 50, 51, len(peer.messages)):
            added = catch_up(view, Shorter(peer, height))
            assert (view.height, added > 0) == (height, True)
        assert catch_up(view, peer) == 0
        assert view.digest() == expected


def test_rebuilt_it_has_the_same_hash_and_what_was_tampered_with_is_mended(
    where: str, peer: Peer, expected: str
) -> None:
    with made(where) as view:
        catch_up(view, peer)
        engine = create_engine(view.address.url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE vouchers SET spent_cents = spent_cents + 1 WHERE block > 100"))
        engine.dispose()
        assert view.digest() != expected
        assert rebuild(view, peer) == len(peer.messages)
        assert view.digest() == expected


def test_a_rebuild_that_fails_leaves_the_view_as_it_was(where: str, peer: Peer, expected: str) -> None:
    with made(where) as view:
        catch_up(view, peer)
        with pytest.raises(ConnectionError):
            rebuild(view, Shorter(peer, 40, breaks=True))
        assert (view.height, view.digest()) == (len(peer.messages), expected)


def test_readers_see_the_view_as_it_was_until_it_is_rebuilt(where: str, peer: Peer, expected: str) -> None:
    with made(where) as view, LedgerView(where) as reader:
        catch_up(view, peer)

        def look(_: int) -> None:
            assert reader.height == len(peer.messages)

        rebuild(view, peer, look)
        assert reader.digest() == expected


def test_a_stream_that_breaks_is_taken_up_where_it_broke(where: str, peer: Peer, expected: str) -> None:
    with made(where) as view:
        with pytest.raises(ConnectionError):
            catch_up(view, Shorter(peer, 77, breaks=True))
        catch_up(view, peer)
        assert view.digest() == expected


def test_one_process_at_a_time_adds_blocks(where: str, peer: Peer) -> None:
    with made(where) as first, made(where) as second, first.adding():
        with pytest.raises(ViewError, match="another process adds blocks"):
            catch_up(second, peer)
        with pytest.raises(ViewError, match="another process adds blocks"):
            rebuild(second, peer)
    with made(where) as third:
        catch_up(third, peer)


def test_who_has_lost_the_lock_adds_nothing(where: str, peer: Peer) -> None:
    """As when PostgreSQL was restarted: another one has the lock now, and is further."""
    blocks = peer.decoded()
    with made(where) as view:
        late = Adding(view._connection, CHANNEL, CHAINCODE, where)
        with view.adding() as adding:
            adding.add(blocks[:10])
        with pytest.raises(ViewError, match="another process has added blocks"):
            late.add(blocks[:5])
        assert view.height == 10


def test_blocks_that_were_changed_are_refused_and_nothing_of_them_is_kept(where: str, peer: Peer) -> None:
    blocks = peer.decoded()
    damaged = replace(blocks[20], computed_data_hash=b"other")
    torn = replace(blocks[20], previous_hash=b"other")
    with made(where) as view, view.adding() as adding:
        adding.add(blocks[:20])
        for block in (damaged, torn, blocks[21]):
            with pytest.raises(LedgerMismatch, match="left as it was"):
                adding.add([block])
        assert (view.height, adding.height) == (20, 20)
        adding.add(blocks[20:])
        assert view.height == len(blocks)


def test_another_ledger_is_noticed(where: str, peer: Peer) -> None:
    other = SmallTown(Random(SEED + 1))
    another = peer_of([*other.begin(), *other.steps(STEPS)])
    with made(where) as view:
        catch_up(view, Shorter(peer, 60))
        with pytest.raises(LedgerMismatch, match="header hash of the block before it"):
            catch_up(view, another)
        with pytest.raises(LedgerMismatch, match="it is another ledger"):
            catch_up(view, Shorter(another, 60))
        with pytest.raises(ViewError, match=r"the peer has 10 blocks and the view .* has 60"):
            catch_up(view, Shorter(peer, 10))
        assert view.height == 60
    with pytest.raises(ViewError, match="is of chaincode kindpakket on channel zuidhorn, not of"):
        LedgerView(where, channel="bedum", chaincode=CHAINCODE)


def test_a_view_of_another_layout_is_rebuilt_and_not_read(where: str, peer: Peer, expected: str) -> None:
    with made(where) as view:
        catch_up(view, peer)
    engine = create_engine(Address.parse(where).url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE view_settings SET value = '0' WHERE name = 'layout'"))
        connection.execute(text("ALTER TABLE vouchers RENAME COLUMN units TO pieces"))
    engine.dispose()
    with made(where) as view:
        with pytest.raises(ViewError, match=r"has layout 0, and this version .* run kindpakket view rebuild"):
            view.status()
        with pytest.raises(ViewError, match="layout 0"):
            catch_up(view, peer)
        rebuild(view, peer)
        assert view.digest() == expected


def test_what_is_not_a_view_is_left_alone(tmp_path: Path, where: str) -> None:
    with pytest.raises(ViewError, match="there is no view"):
        LedgerView(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(ViewError, match="there is no view"):
        (tmp_path / "empty.db").touch()
        LedgerView(tmp_path / "empty.db")
    (tmp_path / "text.db").write_text("this is not a database, however long it may be" * 100)
    with pytest.raises(ViewError, match="is not a view"):
        LedgerView(tmp_path / "text.db")
    with pytest.raises(ViewError, match="is not a view"):
        made(tmp_path / "text.db")
    engine = create_engine(where if "://" in where else f"sqlite:///{where}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE vouchers (id INTEGER)"))
    engine.dispose()
    with pytest.raises(ViewError, match="has a table vouchers that is not a view's"):
        made(where)
    with pytest.raises(ViewError, match="cannot be in mysql"):
        LedgerView("mysql://clerk:geheim@db.example/view")


def test_a_file_is_readable_for_its_owner_only(tmp_path: Path, peer: Peer) -> None:
    with made(tmp_path / "new" / "view.db") as view:
        catch_up(view, peer)
        assert {path.stat().st_mode & 0o077 for path in (tmp_path / "new").glob("view.db*")} == {0}


def test_as_at_each_block_the_tables_are_as_they_were_then(where: str) -> None:
    """What a view of the first blocks shows now, the whole view shows as at the last of them."""
    town = SmallTown(Random(9))
    peer = peer_of([*town.begin(), *town.steps(120)])
    with made(where) as whole:
        catch_up(whole, peer)
        other = Path(where).with_name("part.db") if "://" not in where else None
        if other is None:
            other = Path("/dev/shm") / f"part-{random.random()}.db"  # noqa: S108 - beside PostgreSQL's
        try:
            for block in range(0, len(peer.messages), 7):
                with made(other) as part:
                    catch_up(part, Shorter(peer, block + 1))
                    for history in (False, True):
                        with part.reading() as then, whole.reading(block) as now:
                            assert now.moment == then.moment
                            for layout in TABLES:
                                assert list(now.rows(layout, history=history)) == list(
                                    then.rows(layout, history=history)
                                ), (block, layout.name)
        finally:
            for file in other.parent.glob(f"{other.name}*"):
                file.unlink()


def test_a_date_is_the_last_block_before_the_first_request_of_a_later_day(tmp_path: Path) -> None:
    midnight = first_instant("2026-03-11")
    times = [NOON, midnight - 1, midnight, midnight - 60, midnight + 86_400]
    peer = peer_of([Asked("request:Void", {"request_id": "a" * 32}, {}, at=at) for at in times], sizes=[1])
    with made(tmp_path / "view.db") as view:
        with pytest.raises(ViewError, match="has no blocks yet"), view.reading():
            pass
        catch_up(view, peer)
        for day, block in (("2026-03-10", 1), ("2026-03-11", 3), ("2026-03-12", 4), ("2030-01-01", 4)):
            with view.reading(date.fromisoformat(day)) as snapshot:
                assert (snapshot.moment.block, snapshot.moment.height) == (block, block + 1), day
        with (
            pytest.raises(ViewError, match="the ledger begins after 2026-03-09"),
            view.reading(date(2026, 3, 9)),
        ):
            pass
        with pytest.raises(ViewError, match="ends with block 4: block 5 is not in it"), view.reading(5):
            pass


def test_invalid_transactions_are_counted_and_change_nothing(tmp_path: Path) -> None:
    town = SmallTown(Random(1))
    told = [*town.begin()]
    ghost = replace(told[0], code="MVCC_READ_CONFLICT", writes={"shop/" + "f" * 32: {"id": "f" * 32}})
    with made(tmp_path / "view.db") as view:
        catch_up(view, peer_of([*told, ghost], sizes=[len(told) + 1]))
        with view.reading() as snapshot:
            ((_, _, _, count, valid, invalid),) = snapshot.rows(table("blocks"))
            assert (count, valid, invalid) == (len(told) + 1, len(told), 1)
            assert snapshot.count(table("requests")) == len(told)
            assert snapshot.count(table("shops")) == len(town.shops)


def test_who_did_what_when_and_why(tmp_path: Path) -> None:
    scheme = "a" * 32
    draft = {"id": scheme, "state": "draft", "rules_version": 1, "drafted_by": "p-clerk"}
    paused = {**draft, "state": "paused", "paused_by": "p-manager", "pause_reason": "inquiry"}
    told = [
        Asked("scheme:Draft", {"request_id": scheme}, {f"scheme/{scheme}": {"v": 1, **draft}}),
        Asked(
            "scheme:Pause",
            {"request_id": "b" * 32, "scheme": scheme, "reason": "inquiry"},
            {f"scheme/{scheme}": {"v": 3, "by": {}, **paused}},
            at=NOON + 60,
            person="p-manager",
            role="approver",
        ),
    ]
    with made(tmp_path / "view.db") as view:
        catch_up(view, peer_of(told))
        with view.reading() as snapshot:
            drafted, halted = history_of(snapshot, "schemes", scheme)
            assert (drafted.operation, drafted.person, drafted.reason) == ("scheme:Draft", "p-clerk", "")
            assert (halted.operation, halted.msp, halted.person) == (
                "scheme:Pause",
                "GemeenteMSP",
                "p-manager",
            )
            assert (halted.reason, halted.time) == ("inquiry", NOON + 60)
            assert halted.changed == {
                "state": "paused",
                "paused_by": "p-manager",
                "pause_reason": "inquiry",
            }
            requests = list(snapshot.rows(table("requests")))
        names = [column.name for column in table("requests").columns]
        assert [dict(zip(names, row, strict=True))["scheme"] for row in requests] == [scheme, scheme]


def test_a_valid_transaction_that_cannot_be_read_is_a_flaw(tmp_path: Path) -> None:
    told = [
        Asked("scheme:Draft", {"request_id": "a" * 32}, {f"budget/{'a' * 32}": [1, 2]}),
        Asked("shop:Apply", {"request_id": "b" * 32}, {f"shop/{'b' * 32}": {"id": "b" * 32}}),
        Asked("payment:Pay", {"request_id": "c" * 32}, {f"payment/{'c' * 32}": {"state": "paid"}}),
        Asked("payment:Pay", {"request_id": "d" * 32}, {f"unsettled/{'d' * 32}": {"cents": 1}}),
    ]
    with made(tmp_path / "view.db") as view:
        catch_up(view, peer_of(told))
        with view.reading() as snapshot:
            assert [row[-1] for row in snapshot.rows(table("flaws"))] == [
                f"the record budget/{'a' * 32} is not an object",
                "its movements of money cannot be read: KeyError('id')",
                f"the key of an item does not name a scheme, a shop, a day and an id: {'d' * 32}",
            ]
            assert snapshot.count(table("shops")) == 1


def test_following_adds_what_there_is_and_then_each_block(tmp_path: Path, peer: Peer, expected: str) -> None:
    """The stream of this peer ends with its ledger; a real one waits for the next block."""
    early = Shorter(peer, 30)

    class Growing:
        info = staticmethod(early.info)

        @staticmethod
        def blocks(start: int | None = 0, stop: int | None = None) -> Iterator[Any]:
            return peer.blocks(start, stop)

    told: list[int] = []
    with made(tmp_path / "view.db") as view:
        follow(view, Growing, told.append)
        assert view.digest() == expected
    assert told == [30, *[1] * (len(peer.messages) - 30)]


def test_vouchers_know_the_day_of_their_issue_and_settlements_that_of_their_payment(tmp_path: Path) -> None:
    town = SmallTown(Random(4))
    peer = peer_of([*town.begin(), *town.steps(600)])
    with made(tmp_path / "view.db") as view, view.adding() as adding:
        adding.add(peer.decoded())
        with view.reading() as snapshot:
            for name, since in (("vouchers", "issued_on"), ("settlements", "paid_on")):
                names = [column.name for column in snapshot.columns(table(name))]
                rows = [dict(zip(names, row, strict=True)) for row in snapshot.rows(table(name))]
                assert rows
                for row in rows:
                    if name == "vouchers":
                        assert row[since] == day_of(int(str(row["created_at"])))
                    else:
                        paid = row["state"] == "paid"
                        assert row[since] == (day_of(int(str(row["since"]))) if paid else None)


def test_the_examples_of_the_documentation(
    tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "ledger-view.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (queries,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    with made(tmp_path / "ledger-view.db") as view:
        catch_up(view, peer)
        with view.reading(20) as snapshot:
            vouchers = list(snapshot.rows(table("vouchers")))
            last = list(history_of(snapshot, "vouchers", str(vouchers[0][5])))
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "ledger-view.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out.startswith(f"block {len(peer.messages) - 1} of channel zuidhorn, ")
    first, second = (query for query in queries.split(";") if query.strip())
    with closing(sqlite3.connect("ledger-view.db")) as connection:
        assert len(connection.execute(first).fetchall()) == len(vouchers)
        rows = connection.execute(second.replace("…", str(vouchers[0][5]))).fetchall()
    assert [row[1] for row in rows[: len(last)]] == [version.operation for version in last]
