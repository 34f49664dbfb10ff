"""Provisional instructions that were spoken on the phone: their recording, who wrote them down, and
a draft of the words."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_28_4_instruction_voice"
down_revision = "2026_11_28_3_firm_members"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("instruction", sa.Column("voice", sa.String(length=120), nullable=True))
    op.add_column("instruction", sa.Column("transcriber", sa.Text(), nullable=True))
    op.add_column(
        "instruction", sa.Column("transcribed_at", UtcDateTime(timezone=True), nullable=True)
    )
    op.add_column("spoken", sa.Column("draft", sa.Text(), nullable=True))
    op.add_column("spoken", sa.Column("drafted_at", UtcDateTime(timezone=True), nullable=True))
