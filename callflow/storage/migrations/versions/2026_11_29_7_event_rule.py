"""What a code means at every site of the station, instead of the event table."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_29_7_event_rule"
down_revision = "2026_11_29_6_firms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_rule",
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=True),
        sa.Column("category", sa.String(16), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("opens", sa.Boolean(), nullable=True),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_event_rule")),
    )
