"""Checks and drills of the station: what is to be done how often, and each time that it was."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_05_6_check"
down_revision = "2026_12_05_1_inventory"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "station_check",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("period", sa.String(16), nullable=False),
        sa.Column("who", sa.String(16), nullable=False),
        sa.Column("proof", sa.String(16), nullable=False),
        sa.Column("unit", sa.String(16), nullable=False),
        sa.Column("lowest", sa.Float, nullable=True),
        sa.Column("highest", sa.Float, nullable=True),
        sa.Column("source", sa.String(16), nullable=True),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.Column("retired_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("told", sa.String(16), nullable=True),
        sa.Column("told_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_id", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_check")),
    )
    op.create_table(
        "check_done",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("check_id", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("ok", sa.Boolean, nullable=False),
        sa.Column("figure", sa.Float, nullable=True),
        sa.Column("unit", sa.String(16), nullable=False),
        sa.Column("remark", sa.Text, nullable=False),
        sa.Column("document_id", sa.String(64), nullable=True),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(
            ["check_id"], ["station_check.id"], name=op.f("fk_check_done_check_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_check_done_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_done")),
    )
    op.create_index("ix_check_done_at", "check_done", ["at"])
    op.create_index("ix_check_done_check_id_at", "check_done", ["check_id", "at"])
