"""People are taken out of everything: a salt goes into an entry's hash, and goes with them."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_29_5_erasure"
down_revision = "2026_11_29_4_tokens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("logbook", sa.Column("salt", sa.String(16), nullable=False, server_default=""))
    op.create_table(
        "erasure",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("begun_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=True),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.Column("calls", sa.JSON(), nullable=False),
        sa.Column("paths", sa.JSON(), nullable=False),
        sa.Column("position", sa.JSON(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("nodes", sa.JSON(), nullable=False),
        sa.Column("swept_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_done_at"), "erasure", ["done_at"], unique=False)
