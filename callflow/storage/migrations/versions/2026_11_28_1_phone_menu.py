"""The phone menu: wrong codes that callers typed."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_28_1_phone_menu"
down_revision = "2026_11_27_7_distribution"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "code_guess",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=True),
        sa.Column("caller", sa.String(length=32), nullable=False),
        sa.Column("worth", sa.Float(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_guess")),
    )
    op.create_index(op.f("ix_code_guess_at"), "code_guess", ["at"], unique=False)
    op.create_index("ix_code_guess_site", "code_guess", ["site_id", "at"], unique=False)
    op.create_index("ix_code_guess_caller", "code_guess", ["caller", "at"], unique=False)
