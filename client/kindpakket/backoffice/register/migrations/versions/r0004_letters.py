"""Addresses of households, and the letters that were printed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ID = sa.String(32)


def upgrade() -> None:
    """Add the tables, and to entries the reference of their household."""
    op.add_column("entry", sa.Column("household_reference", _ID, nullable=True))
    op.create_index("ix_entry_household_reference", "entry", ["household_reference"])
    op.create_table(
        "household",
        sa.Column("reference", _ID, primary_key=True),
        sa.Column("data_key", sa.Integer, sa.ForeignKey("data_key.number"), nullable=False, index=True),
        sa.Column("address", sa.LargeBinary, nullable=False),
        sa.Column("language", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "letter_run",
        sa.Column("number", _BIG, primary_key=True),
        sa.Column("id", _ID, nullable=False, unique=True),
        sa.Column("scheme", _ID, nullable=False, index=True),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("terms", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("destroyed_at", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "letter",
        sa.Column("reference", _ID, primary_key=True),
        sa.Column("run", _ID, sa.ForeignKey("letter_run.id"), nullable=False, index=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("file", sa.String(64), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("pages", sa.Integer, nullable=True),
    )
    op.create_table(
        "letter_voucher",
        sa.Column("letter", _ID, sa.ForeignKey("letter.reference"), primary_key=True),
        sa.Column("voucher", _ID, primary_key=True, index=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
    )
