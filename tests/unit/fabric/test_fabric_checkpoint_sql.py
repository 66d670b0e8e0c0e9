"""A position in the application's own transaction: there with its rows, or not at all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, MetaData, String, Table, create_engine, func, insert, select

import killing
from fabric_gateway import ChaincodeEvent, CheckpointError
from fabric_gateway.checkpoints.sql import SqlCheckpointer, checkpoints, metadata

rows = Table("rows", MetaData(), Column("transaction_id", String(64)))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_server"))
    return f"sqlite:///{tmp_path / 'books.db'}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = create_engine(url)
    for tables in (metadata, rows.metadata):
        tables.drop_all(made)
        tables.create_all(made)
    yield made
    made.dispose()


def event(number: int) -> ChaincodeEvent:
    return ChaincodeEvent(number, f"tx{number}", "ledger", "Added", b"")


def position(engine: Engine, reader: str = "books") -> tuple[int | None, str]:
    with engine.connect() as connection:
        kept = SqlCheckpointer(connection, reader)
        return kept.block_number, kept.transaction_id


def test_a_position_is_committed_by_the_application_only(engine: Engine) -> None:
    assert position(engine) == (None, "")
    with engine.connect() as connection:
        checkpoint = SqlCheckpointer(connection, "books")
        checkpoint.checkpoint_event(event(3))
        checkpoint.checkpoint_event(event(4))
        assert (checkpoint.block_number, checkpoint.transaction_id) == (4, "tx4")
        connection.rollback()
    assert position(engine) == (None, "")
    with engine.begin() as connection:
        SqlCheckpointer(connection, "books").checkpoint_event(event(3))
    assert position(engine) == (3, "tx3")
    with engine.begin() as connection:
        SqlCheckpointer(connection, "books").checkpoint_block(3)
    assert position(engine) == (4, "")


def test_readers_have_positions_of_their_own(engine: Engine) -> None:
    with engine.begin() as connection:
        SqlCheckpointer(connection, "books").checkpoint_block(2**62)
        SqlCheckpointer(connection, "letters").checkpoint_block(5)
    assert (position(engine), position(engine, "letters")) == ((2**62 + 1, ""), (6, ""))


def test_what_was_dealt_with_is_not_dealt_with_again(engine: Engine) -> None:
    with engine.begin() as connection:
        checkpoint = SqlCheckpointer(connection, "books")
        checkpoint.checkpoint_block(5)
        with pytest.raises(CheckpointError, match="is block 6: block 5 has already been processed"):
            checkpoint.checkpoint_event(event(5))
    assert position(engine) == (6, "")


def test_of_two_processes_under_one_name_the_later_one_must_roll_back(engine: Engine) -> None:
    with engine.begin() as connection:
        SqlCheckpointer(connection, "books").checkpoint_block(1)
    with engine.connect() as early:
        stale = SqlCheckpointer(early, "books")
        early.commit()
        with engine.begin() as connection:
            SqlCheckpointer(connection, "books").checkpoint_block(2)
        early.execute(insert(rows).values(transaction_id="doubled"))
        with pytest.raises(CheckpointError, match="another process has moved reader 'books'"):
            stale.checkpoint_block(2)
        early.rollback()
    assert position(engine) == (3, "")


def test_of_two_processes_that_begin_one_must_roll_back(engine: Engine) -> None:
    with engine.connect() as early:
        stale = SqlCheckpointer(early, "books")
        early.commit()
        with engine.begin() as connection:
            SqlCheckpointer(connection, "books").checkpoint_block(2)
        with pytest.raises(CheckpointError, match="another process has moved reader 'books'"):
            stale.checkpoint_block(2)
        early.rollback()
    assert position(engine) == (3, "")


def test_a_database_without_the_table_is_a_clear_error(engine: Engine) -> None:
    metadata.drop_all(engine)
    with (
        engine.connect() as connection,
        pytest.raises(CheckpointError, match="has no table fabric_checkpoints"),
    ):
        SqlCheckpointer(connection, "books")


def follow(url: str) -> None:
    """Deal with events as fast as can be, each with its position in one transaction."""
    engine = create_engine(url)
    with engine.connect() as connection:
        start = SqlCheckpointer(connection, "books").block_number
    for number in count(0 if start is None else start + 1):
        with engine.begin() as connection:
            connection.execute(insert(rows).values(transaction_id=f"tx{number}"))
            SqlCheckpointer(connection, "books").checkpoint_event(event(number))


def test_killed_at_random_times_each_event_has_its_row_once(engine: Engine, url: str) -> None:
    seed, number = random.Random(1), 0
    for _ in range(8):
        before = number
        process = killing.running(follow, url)
        while number == before:
            number = _rows(engine)
            assert process.is_alive()
        process.join(seed.uniform(0, 0.05))
        process.kill()
        process.join()
        number = _rows(engine)
    with engine.connect() as connection:
        kept = list(connection.execute(select(rows.c.transaction_id)).scalars())
        blocks = connection.execute(select(checkpoints.c.block_number)).scalar_one()
    assert sorted(kept) == sorted(f"tx{each}" for each in range(blocks + 1))
    assert blocks >= 8


def _rows(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(rows)).scalar_one()
