"""Files that went to the bank and came from it, what persons decided on their lines, and checks of payees."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ID = sa.String(32)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "bank_file",
        sa.Column("number", _BIG, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("kept_at", sa.BigInteger, nullable=False),
        sa.Column("kept_by", sa.String(140), nullable=False),
        sa.Column("data_key", sa.Integer, sa.ForeignKey("data_key.number"), nullable=False, index=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "line_decision",
        sa.Column("line", sa.String(16), primary_key=True),
        sa.Column("settlements", sa.Text, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.Column("decided_by", sa.String(140), nullable=False),
    )
    op.create_table(
        "payee_check",
        sa.Column("settlement", _ID, primary_key=True),
        sa.Column("shop", _ID, nullable=False, index=True),
        sa.Column("account_sha256", sa.String(64), nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("checked_at", sa.BigInteger, nullable=False),
        sa.Column("data_key", sa.Integer, sa.ForeignKey("data_key.number"), nullable=False, index=True),
        sa.Column("said", sa.LargeBinary, nullable=False),
    )
