"""Since when each organ of the station is as it is: asked for on every page, so it is noted."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_04_8_organ"
down_revision = "2026_12_03_4_opened_for"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organ",
        sa.Column("key", sa.String(256), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_organ")),
    )
