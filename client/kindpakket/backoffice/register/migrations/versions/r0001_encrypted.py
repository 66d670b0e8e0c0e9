"""The register with encrypted fields, batches and a log of look-ups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ID = sa.String(32)
_APPEND_ONLY = ("look_up", "erasure")


def upgrade() -> None:
    """Make all tables."""
    _make_keys()
    _make_batches()
    _make_entries()
    _make_proposals()
    _make_accounts_of_use()
    for table in _APPEND_ONLY:
        _make_append_only(table)


def _make_keys() -> None:
    op.create_table(
        "setting",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "data_key",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("wrapped_by", sa.String(80), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "person",
        sa.Column("reference", _ID, primary_key=True),
        sa.Column("data_key", sa.Integer, sa.ForeignKey("data_key.number"), nullable=False, index=True),
        sa.Column("bsn", sa.LargeBinary, nullable=False),
        sa.Column("first_names", sa.LargeBinary, nullable=False),
        sa.Column("family_name", sa.LargeBinary, nullable=False),
        sa.Column("born", sa.LargeBinary, nullable=False),
    )


def _make_batches() -> None:
    op.create_table(
        "batch",
        sa.Column("number", _BIG, primary_key=True),
        sa.Column("id", _ID, nullable=False, unique=True),
        sa.Column("scheme", _ID, nullable=False),
        sa.Column("period", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, index=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("vouchers", sa.Integer, nullable=False),
        sa.Column("cents", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "batch_line",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("batch", _ID, sa.ForeignKey("batch.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=True),
        sa.Column("entitlement", _ID, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(140), nullable=False),
    )
    op.create_index("batch_line_by_entitlement", "batch_line", ["batch", "entitlement"])


def _make_entries() -> None:
    op.create_table(
        "bulk",
        sa.Column("number", _BIG, primary_key=True),
        sa.Column("id", _ID, nullable=False, unique=True),
        sa.Column("scheme", _ID, nullable=False, index=True),
        sa.Column("batch", _ID, sa.ForeignKey("batch.id"), nullable=True),
        sa.Column("issued_at", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "entry",
        sa.Column("number", _BIG, primary_key=True),
        sa.Column("scheme", _ID, nullable=False),
        sa.Column("period", sa.String(64), nullable=True),
        sa.Column("entitlement", _ID, nullable=False),
        sa.Column("voucher", _ID, nullable=False, unique=True),
        sa.Column("bulk", _ID, sa.ForeignKey("bulk.id"), nullable=False, index=True),
        sa.Column("preset", sa.String(140), nullable=False),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("person", _ID, sa.ForeignKey("person.reference"), nullable=True, index=True),
        sa.Column("case_reference", _ID, nullable=True, index=True),
        sa.Column("data_key", sa.Integer, sa.ForeignKey("data_key.number"), nullable=True, index=True),
        sa.Column("salt", sa.LargeBinary, nullable=True),
        sa.Column("household", sa.LargeBinary, nullable=True),
        sa.Column("case_number", sa.LargeBinary, nullable=True),
        sa.UniqueConstraint("scheme", "entitlement"),
    )
    op.create_index("entry_by_period", "entry", ["scheme", "period"])


def _make_proposals() -> None:
    op.create_table(
        "proposal",
        sa.Column("number", _BIG, primary_key=True),
        sa.Column("id", _ID, nullable=False, unique=True),
        sa.Column("scheme", _ID, nullable=False),
        sa.Column("cents", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(140), nullable=False),
    )
    op.create_table(
        "part",
        sa.Column("proposal", _ID, sa.ForeignKey("proposal.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("bulk", _ID, nullable=False, index=True),
    )


def _make_accounts_of_use() -> None:
    op.create_table(
        "look_up",
        sa.Column("number", _BIG, primary_key=True),
        sa.Column("trace_id", _ID, nullable=False),
        sa.Column("span_id", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("activity", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(140), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("official", sa.String(140), nullable=False),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
        sa.Column("person", _ID, nullable=True, index=True),
        sa.Column("scheme", _ID, nullable=True),
        sa.Column("persons", sa.Integer, nullable=False),
    )
    op.create_table(
        "erasure",
        sa.Column("number", _BIG, primary_key=True),
        sa.Column("id", _ID, nullable=False, unique=True),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("certificate", sa.Text, nullable=False),
    )


def _make_append_only(table: str) -> None:
    """Let the database refuse to change or delete the table's rows."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )
