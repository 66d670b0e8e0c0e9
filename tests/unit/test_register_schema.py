"""The register's migrations make exactly its tables, and only a register that needs them loads alembic."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from kindpakket.backoffice.register import Register, RegisterError, persons, schema
from kindpakket.backoffice.register.engine import Address
from kindpakket.backoffice.register.tables import Base
from kindpakket.municipality import BULK


def test_the_newest_migration_is_known() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def test_migrations_make_what_the_code_expects(where: str) -> None:
    Register(where).close()
    engine = create_engine(where if "://" in where else f"sqlite:///{where}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_a_register_of_a_newer_version_is_refused(where: str) -> None:
    Register(where).close()
    engine = create_engine(where if "://" in where else f"sqlite:///{where}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    engine.dispose()
    with pytest.raises(RegisterError, match=r"newer version of kindpakket \(r9999\)"):
        Register(where)


def test_a_password_is_not_shown() -> None:
    address = Address.parse("postgres://clerk:geheim@db.example/register")
    assert str(address) == "postgresql+psycopg://clerk:***@db.example/register"
    with pytest.raises(RegisterError, match="cannot be in mysql"):
        Address.parse("mysql://clerk:geheim@db.example/register")
    with pytest.raises(RegisterError, match="cannot be read") as refused:
        Address.parse("://geheim@x")
    assert "geheim" not in str(refused.value)


def test_a_bulk_is_what_one_request_can_issue() -> None:
    assert persons.CHUNK == BULK
