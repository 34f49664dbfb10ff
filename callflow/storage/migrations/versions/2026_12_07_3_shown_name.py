"""What pages call somebody who logs in: nothing else than their log-in yet."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_07_3_shown_name"
down_revision = "2026_12_07_2_coordinates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("shown_name", sa.String(64), server_default="", nullable=False)
    with op.batch_alter_table("user_account") as batch:
        batch.add_column(column)
