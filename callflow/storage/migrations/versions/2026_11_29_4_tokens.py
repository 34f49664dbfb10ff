"""Tokens of programs end, are revoked, and say when they were used last."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_29_4_tokens"
down_revision = "2026_11_29_3_retention"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "api_token", sa.Column("made_by", sa.Text(), nullable=False, server_default="cli")
    )
    for name in ("expires_at", "used_at", "revoked_at"):
        op.add_column("api_token", sa.Column(name, UtcDateTime(timezone=True), nullable=True))
    op.add_column("api_token", sa.Column("revoked_by", sa.Text(), nullable=True))
