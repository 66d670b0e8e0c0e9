"""Fixtures that several modules of these tests share."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from desk import Command, Desk, write_home
from sqlalchemy import create_engine, make_url, text
from story import DOMAIN

import postgres
from fabric_gateway.testing import MemoryGateway
from kindpakket.ledger.ids import new_id

CHAINCODE = Path(__file__).parents[2] / "chaincode"


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


@pytest.fixture(scope="session")
def histories(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Random histories of the chaincode: what was asked, refused and written, and the state at the end."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("there is no Go to run the chaincode with")
    path = tmp_path_factory.mktemp("histories") / "histories.json"
    subprocess.run(
        [go, "test", "./contract", "-count=1", "-run", "^TestHistoriesForTheAuditor$"],
        cwd=CHAINCODE,
        env={**os.environ, "KINDPAKKET_HISTORIES": str(path)},
        check=True,
    )
    return cast(list[dict[str, Any]], json.loads(path.read_text()))
