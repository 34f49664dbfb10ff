"""A password that somebody else chose is to be replaced by whoever it is for (ASVS 6.4.1)."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_29_8_password_given"
down_revision = "2026_11_29_7_event_rule"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "user_account", sa.Column("password_given_at", UtcDateTime(timezone=True), nullable=True)
    )
