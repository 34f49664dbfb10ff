"""Verification: clips and links beside stills, the very item that was seen or heard, the script."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_27_4_verification"
down_revision = "2026_11_27_3_shifts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("image") as batch:
        still = sa.Column("take", sa.String(length=8), server_default="still", nullable=False)
        batch.add_column(still)
        batch.add_column(sa.Column("link", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("begins_at", UtcDateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("ends_at", UtcDateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("detail", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("verification") as batch:
        batch.add_column(sa.Column("image_id", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("call_id", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("person", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("found_at", UtcDateTime(timezone=True), nullable=True))
        for column, table in (("image_id", "image"), ("call_id", "call")):
            name = op.f(f"fk_verification_{column}")
            batch.create_foreign_key(name, table, [column], ["id"])
            batch.create_index(op.f(f"ix_verification_{column}"), [column], unique=False)
    with op.batch_alter_table("service_report") as batch:
        batch.add_column(sa.Column("call_id", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("script", sa.Text(), server_default="", nullable=False))
