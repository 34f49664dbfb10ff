"""Several trunks: what an attempt went over already, and how each trunk's last calls ended."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_4_trunks"
down_revision = "2026_11_26_3_law"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("call") as batch:
        batch.add_column(sa.Column("tried", sa.JSON(), server_default="[]", nullable=False))
        batch.add_column(sa.Column("successor", sa.String(length=64), nullable=True))
        batch.create_index("ix_call_trunk", ["trunk", "ended_at"], unique=False)
