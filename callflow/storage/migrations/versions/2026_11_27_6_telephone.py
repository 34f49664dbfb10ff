"""The telephone: how each call stands in its conference."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_6_telephone"
down_revision = "2026_11_27_5_console"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("call") as batch:
        batch.add_column(
            sa.Column("operator", sa.String(length=64), server_default="", nullable=False)
        )
        batch.add_column(
            sa.Column("mode", sa.String(length=16), server_default="talk", nullable=False)
        )
        batch.add_column(sa.Column("held", sa.Boolean(), server_default="0", nullable=False))
        batch.add_column(sa.Column("muted", sa.Boolean(), server_default="0", nullable=False))
        batch.add_column(sa.Column("wanted", sa.JSON(), nullable=True))
        batch.create_index("ix_call_operator", ["operator", "ended_at"], unique=False)
    with op.batch_alter_table("call_action") as batch:
        batch.add_column(
            sa.Column("argument", sa.String(length=64), server_default="", nullable=False)
        )
