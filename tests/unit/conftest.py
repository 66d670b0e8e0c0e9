"""Fixtures that several modules of these tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Command, Desk, write_home
from sqlalchemy import create_engine, make_url, text
from story import DOMAIN

import postgres
from kindpakket.fabric.testing import MemoryGateway
from kindpakket.ledger.ids import new_id


@pytest.fixture
def kindpakket(tmp_path: Path) -> Iterator[Command]:
    desk = Desk()
    desk.answers["organisations:Show"] = {
        "municipality": "GemeenteMSP",
        "shops": ["WinkelsMSP"],
        "auditors": ["AuditorMSP"],
    }
    with MemoryGateway({DOMAIN.chaincode: desk}, channel=DOMAIN.channel) as memory:
        yield Command(write_home(tmp_path / ".kindpakket", memory.endpoint), desk, memory)


@pytest.fixture(autouse=True)
def register_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for the keys of registers that a test makes."""
    folder = tmp_path / "register-keys"
    monkeypatch.setenv("KINDPAKKET_REGISTER_KEYS", str(folder))
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    programs = postgres.programs()
    if programs is None:
        pytest.skip("PostgreSQL's server programs are not installed: apt-get install postgresql")
    with postgres.server(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a register may be: a file, or an empty database of the tests' own server."""
    if request.param == "sqlite":
        return str(tmp_path / "register.db")
    server = request.getfixturevalue("postgres_server")
    name = f"register_{new_id()}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)
