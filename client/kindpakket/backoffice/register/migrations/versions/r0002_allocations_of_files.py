"""Allocations know the file that they are for, and the log of look-ups has a retention."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"

_DAY_MS = 86_400_000
_LEAST_DAYS = 180
_DEFAULT_DAYS = 1826


def upgrade() -> None:
    """Add columns, and let the database delete lines of the log once they are old enough."""
    op.add_column("proposal", sa.Column("batch", sa.String(32), nullable=True))
    op.add_column("proposal", sa.Column("file_sha256", sa.String(64), nullable=True))
    op.add_column("proposal", sa.Column("over_at", sa.BigInteger, nullable=True))
    op.add_column("bulk", sa.Column("issued_cents", sa.BigInteger, nullable=True))
    op.add_column("batch_line", sa.Column("preset", sa.String(140), nullable=True))
    op.add_column("batch_line", sa.Column("units", sa.Integer, nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        _let_sqlite_forget()
    else:
        _let_postgresql_forget()


def _let_sqlite_forget() -> None:
    op.execute("DROP TRIGGER look_up_no_delete")
    days = "(SELECT CAST(CAST(value AS TEXT) AS INTEGER) FROM setting WHERE name = 'log_days')"
    op.execute(
        "CREATE TRIGGER look_up_no_delete BEFORE DELETE ON look_up "
        f"WHEN OLD.ended_ms > (CAST(strftime('%s', 'now') AS INTEGER) * 1000"
        f" - MAX(COALESCE({days}, {_DEFAULT_DAYS}), {_LEAST_DAYS}) * {_DAY_MS}) "
        "BEGIN SELECT RAISE(ABORT, 'look_up is append-only within its retention'); END"
    )


def _let_postgresql_forget() -> None:
    op.execute("DROP TRIGGER look_up_append_only ON look_up")
    op.execute(
        "CREATE TRIGGER look_up_append_only BEFORE UPDATE OR TRUNCATE ON look_up "
        "FOR EACH STATEMENT EXECUTE FUNCTION look_up_append_only()"
    )
    days = "(SELECT convert_from(value, 'UTF8')::bigint FROM setting WHERE name = 'log_days')"
    op.execute(
        "CREATE FUNCTION look_up_retained() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF OLD.ended_ms > (extract(epoch FROM now()) * 1000)::bigint"
        f" - GREATEST(COALESCE({days}, {_DEFAULT_DAYS}), {_LEAST_DAYS}) * {_DAY_MS} THEN "
        "RAISE EXCEPTION 'look_up is append-only within its retention'; END IF; RETURN OLD; END $$"
    )
    op.execute(
        "CREATE TRIGGER look_up_retained BEFORE DELETE ON look_up "
        "FOR EACH ROW EXECUTE FUNCTION look_up_retained()"
    )
