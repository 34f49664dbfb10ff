"""What is taken away from a site is kept with its reason, and can be brought back."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_30_7_removed_part"
down_revision = "2026_11_30_6_plan_withdrawal"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "removed_part",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("known_by", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("item", sa.JSON(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("removed_by", sa.Text(), nullable=False),
        sa.Column("removed_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_removed_part_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removed_part")),
    )
    op.create_index(op.f("ix_removed_part_site_id"), "removed_part", ["site_id"], unique=False)
    op.create_index("ix_removed_part_known_by", "removed_part", ["part", "known_by"], unique=False)
