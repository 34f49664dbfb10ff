"""Days that the station itself says are holidays of a place, or are none."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_30_3_own_day"
down_revision = "2026_11_30_2_incidents_kept"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_day",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("country", sa.String(3), nullable=False),
        sa.Column("region", sa.String(40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("holiday", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_day")),
        sa.UniqueConstraint("country", "region", "day", name=op.f("uq_own_day_country")),
    )
