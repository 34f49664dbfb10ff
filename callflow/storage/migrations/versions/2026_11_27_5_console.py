"""The console: undo, reminders of what is parked, spoken passwords."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_27_5_console"
down_revision = "2026_11_27_4_verification"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("incident") as batch:
        batch.add_column(sa.Column("reminder", sa.Text(), server_default="", nullable=False))
    for table in ("site", "contact"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("password", sa.LargeBinary(), nullable=True))
            batch.add_column(sa.Column("duress_password", sa.LargeBinary(), nullable=True))
    op.create_table(
        "undo",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("incidents", sa.JSON(), nullable=False),
        sa.Column("undone_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undo")),
    )
    op.create_index(op.f("ix_undo_who"), "undo", ["who"], unique=False)
