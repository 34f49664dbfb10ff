"""Floor plans and photographs of sites, with the zones on them."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_07_1_drawing"
down_revision = "2026_12_05_5_peer"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_drawing",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("picture", sa.LargeBinary, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("places", sa.JSON, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("added_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_drawing_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_drawing")),
    )
    op.create_index(op.f("ix_site_drawing_site_id"), "site_drawing", ["site_id"], unique=False)
