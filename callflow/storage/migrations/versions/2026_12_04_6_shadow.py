"""A site may run in the shadow of the system before: its alarms and calls say so, its moves and the
comparisons with that system are kept."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema.base import UtcDateTime

revision = "2026_12_04_6_shadow"
down_revision = "2026_12_04_7_upload_terms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    no = sa.Boolean(), sa.false()
    for table in ("incident", "call"):
        op.add_column(table, sa.Column("shadow", no[0], server_default=no[1], nullable=False))
    op.add_column("site", sa.Column("shadow_since", UtcDateTime(), nullable=True))
    op.create_table(
        "site_move",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("in_service", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("moved_by", sa.Text(), nullable=False),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_site_move_site", "site_move", ["site_id", "moved_at"])
    op.create_table(
        "comparison",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
    )
    op.create_table(
        "comparison_difference",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("comparison_id", sa.String(64), sa.ForeignKey("comparison.id"), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("zone", sa.String(16), nullable=False),
        sa.Column("theirs", sa.Text(), nullable=False),
        sa.Column("ours", sa.Text(), nullable=False),
        sa.Column("site", sa.String(64), nullable=True),
        sa.Column("incident", sa.String(64), nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
    )
    op.create_index(
        "ix_comparison_difference_comparison_id", "comparison_difference", ["comparison_id"]
    )
    op.create_index("ix_comparison_difference_site", "comparison_difference", ["site", "at"])
