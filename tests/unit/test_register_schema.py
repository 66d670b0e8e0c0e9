"""The register's migrations make exactly its tables, and only a register that needs them loads alembic."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from old_register import SCHEME, children
from sqlalchemy import create_engine, text

from kindpakket.backoffice.register import Proposal, Register, RegisterError, persons, schema
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


_BACK = (
    *(f"DROP TABLE {name}" for name in ("letter_voucher", "letter", "letter_run", "household")),
    "DROP INDEX ix_entry_household_reference",
    "ALTER TABLE entry DROP COLUMN household_reference",
    *(f"DROP TABLE {name}" for name in ("payee_check", "line_decision", "bank_file")),
    "ALTER TABLE proposal DROP COLUMN batch",
    "ALTER TABLE proposal DROP COLUMN file_sha256",
    "ALTER TABLE proposal DROP COLUMN over_at",
    "ALTER TABLE bulk DROP COLUMN issued_cents",
    "ALTER TABLE batch_line DROP COLUMN preset",
    "ALTER TABLE batch_line DROP COLUMN units",
    "UPDATE alembic_version SET version_num = 'r0001'",
)
_BACK_IN_POSTGRESQL = (
    "DROP TRIGGER look_up_retained ON look_up",
    "DROP FUNCTION look_up_retained()",
)


def test_a_register_of_the_first_layout_is_brought_up_to_date(where: str) -> None:
    with Register(where) as register:
        (bulk,) = register.enrol(SCHEME, "2026", children(3))
        proposal = Proposal("f" * 32, SCHEME, 90_000, 2**31, "intake", (bulk.request_id,))
        register.keep_proposal(proposal)
    engine = create_engine(where if "://" in where else f"sqlite:///{where}")
    with engine.begin() as connection:
        for statement in (*_BACK, *(_BACK_IN_POSTGRESQL if "://" in where else ())):
            connection.execute(text(statement))
    engine.dispose()
    with Register(where) as register:
        assert register.status().layout == schema.HEAD
        assert register.proposal_of(bulk.request_id) == proposal
        assert register.log_days == 1826
        register.mark_issued([bulk.request_id], {bulk.request_id: 90_000})
        assert register.issued_cents([bulk.request_id]) == {bulk.request_id: 90_000}


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
