"""A panel's token names the accounts it speaks for: one that names none ends no alarm (D31)."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_8_token_accounts"
down_revision = "2026_11_30_7_removed_part"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_token", sa.Column("accounts", sa.JSON(), nullable=True))
