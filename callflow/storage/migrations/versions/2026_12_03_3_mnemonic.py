"""Codes typed in a note, each a text with blanks: the station's own."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_03_3_mnemonic"
down_revision = "2026_12_03_2_letter"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mnemonic",
        sa.Column("code", sa.String(8), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("kinds", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_mnemonic"),
    )
