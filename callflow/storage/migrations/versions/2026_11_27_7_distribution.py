"""Distribution: call-back tasks, who waits how long, why somebody is on a break."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_27_7_distribution"
down_revision = "2026_11_27_6_telephone"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_back",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("open_for", sa.String(length=32), nullable=True),
        sa.Column("incident_id", sa.String(length=64), nullable=True),
        sa.Column("called", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=True),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=True),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_call_back_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_back")),
        sa.UniqueConstraint("open_for", name=op.f("uq_call_back_open_for")),
    )
    op.create_index(op.f("ix_call_back_incident_id"), "call_back", ["incident_id"], unique=False)
    op.create_index(op.f("ix_call_back_due_at"), "call_back", ["due_at"], unique=False)
    op.create_index("ix_call_back_open", "call_back", ["ended_at", "first_at"], unique=False)
    with op.batch_alter_table("call") as batch:
        batch.add_column(sa.Column("joined_at", UtcDateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("announced_at", UtcDateTime(timezone=True), nullable=True))
    with op.batch_alter_table("presence") as batch:
        batch.add_column(
            sa.Column("reason", sa.String(length=16), server_default="", nullable=False)
        )
