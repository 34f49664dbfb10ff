"""A site that follows a shared plan may have settings of its steps of its own."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_1_plan_overrides"
down_revision = "2026_11_29_9_parts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("site") as batch:
        batch.add_column(
            sa.Column("plan_overrides", sa.JSON(), server_default="{}", nullable=False)
        )
