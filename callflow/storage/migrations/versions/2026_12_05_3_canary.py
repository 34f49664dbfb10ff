"""Calls of the station to itself: which trunk, what each leg heard, what came of it."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_05_3_canary"
down_revision = "2026_12_05_6_check"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "canary",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("trunk", sa.String(16), nullable=False),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("arrived", sa.String(128), nullable=False),
        sa.Column("shown", sa.String(32), nullable=False),
        sa.Column("proved", sa.Boolean, nullable=False),
        sa.Column("heard_out", sa.Float, nullable=True),
        sa.Column("heard_in", sa.Float, nullable=True),
        sa.Column("settled_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(16), nullable=True),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_canary"),
    )
    op.create_index("ix_canary_asked_at", "canary", ["asked_at"])
