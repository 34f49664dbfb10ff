"""How another system's tables are ours is chosen once, and kept for the next file."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_04_7_file_mapping"
down_revision = "2026_12_04_8_organ"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_mapping",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.String(64), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_file_mapping")),
    )
