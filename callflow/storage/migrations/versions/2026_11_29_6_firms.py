"""Maintenance firms are kept beside guard firms; a firm is closed with a reason, never erased."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_29_6_firms"
down_revision = "2026_11_29_5_erasure"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("guard_firm") as batch:
        batch.add_column(sa.Column("part", sa.String(16), nullable=False, server_default="guard"))
        batch.add_column(sa.Column("closed_at", UtcDateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("closed_by", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("closed_because", sa.Text(), nullable=False, server_default=""))
