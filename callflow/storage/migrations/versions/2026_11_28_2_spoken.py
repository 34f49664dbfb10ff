"""What people said after a tone in a call."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_28_2_spoken"
down_revision = "2026_11_28_1_phone_menu"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spoken",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("duration", sa.Float(), nullable=False),
        sa.Column("said_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_spoken_call_id_call")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_spoken")),
    )
    op.create_index(op.f("ix_spoken_call_id"), "spoken", ["call_id"], unique=False)
