"""Versions of plans: a draft has a revision, so that of two who change it the second is told; a
version keeps the warnings that were accepted with it."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_7_versions"
down_revision = "2026_11_26_6_outbox"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("plan_draft") as batch:
        batch.add_column(sa.Column("revision", sa.String(64), server_default="", nullable=False))
    with op.batch_alter_table("plan") as batch:
        batch.add_column(sa.Column("accepted", sa.JSON(), server_default="[]", nullable=False))
        batch.add_column(sa.Column("accepted_why", sa.Text(), server_default="", nullable=False))
