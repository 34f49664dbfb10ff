"""Plans with drafts, and what their steps ask for."""

import sqlalchemy as sa
from alembic import op

import callflow.storage.schema

revision = "2026_11_26_1_plans_and_tasks"
down_revision = "2026_11_25_lines_and_supervision"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("subject", sa.String(length=64), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("data", sa.JSON(), server_default="{}", nullable=False),
        sa.Column(
            "requested_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column("due_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_task_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_incident_id"), "task", ["incident_id"], unique=False)
    op.create_index("ix_task_open", "task", ["state", "due_at"], unique=False)
    op.create_table(
        "plan_draft",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_draft")),
    )
    with op.batch_alter_table("plan") as batch:
        batch.add_column(sa.Column("why", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("incident") as batch:
        batch.add_column(sa.Column("rounds", sa.JSON(), server_default="{}", nullable=False))
        batch.add_column(sa.Column("grounds", sa.String(length=128), nullable=True))
        batch.add_column(
            sa.Column("exercise", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    with op.batch_alter_table("call") as batch:
        batch.add_column(sa.Column("requester", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("leader", sa.String(length=64), nullable=True))
        batch.create_index(op.f("ix_call_leader"), ["leader"], unique=False)
