"""Shifts: what was read and signed, the duty roster, the dead man's switch."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_27_3_shifts"
down_revision = "2026_11_27_2_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("shift") as batch:
        batch.add_column(sa.Column("note", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("attended_at", UtcDateTime(timezone=True), nullable=True))
    op.create_table(
        "roster",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("begins_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_roster_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
    )
    op.create_index(op.f("ix_roster_user_id"), "roster", ["user_id"], unique=False)
    op.create_index("ix_roster_ends_at", "roster", ["ends_at"], unique=False)
    by_people = sa.text("who <> 'callflow'")
    op.create_index(
        "ix_logbook_people",
        "logbook",
        ["who", "at"],
        unique=False,
        sqlite_where=by_people,
        postgresql_where=by_people,
    )
