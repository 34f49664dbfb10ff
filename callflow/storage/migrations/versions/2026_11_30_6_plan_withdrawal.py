"""A plan that nobody follows any more is withdrawn with a reason, and can be brought back."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_30_6_plan_withdrawal"
down_revision = "2026_11_30_5_logbook_site"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_withdrawal",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_withdrawal")),
    )
