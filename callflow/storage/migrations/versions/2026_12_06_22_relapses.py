"""How often a process died lately: all of its restarts, upgrades among them, say nothing of how it
lives now."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_06_22_relapses"
down_revision = "2026_12_07_1_drawing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "process", sa.Column("relapses", sa.Integer(), nullable=False, server_default="0")
    )
