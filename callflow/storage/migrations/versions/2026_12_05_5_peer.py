"""What the backup station is told of: an alarm that nobody takes is told once, and followed."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_05_5_peer"
down_revision = "2026_12_05_4_sound"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "peer_notice",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("incident_id", sa.String(64), nullable=False),
        sa.Column("stage", sa.String(8), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("heard_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("called_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("taken_by", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_peer_notice_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_notice")),
    )
    op.create_index(op.f("ix_peer_notice_incident_id"), "peer_notice", ["incident_id"])
    where = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_peer_notice_open",
        "peer_notice",
        ["due_at"],
        sqlite_where=where,
        postgresql_where=where,
    )
