"""Clients are reminded of a fault by mail, too."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_8_fault_mail"
down_revision = "2026_12_02_7_logbook_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fault", sa.Column("mail", sa.Text(), nullable=False, server_default=""))
