"""Several machines: a row a process, not a role; on PostgreSQL the job engine's tables."""

import sqlalchemy as sa
from alembic import op

import callflow.storage.schema
from callflow.storage.engine import job_tables

revision = "2026_11_26_5_machines"
down_revision = "2026_11_26_4_trunks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("process")  # each process writes its row again within two seconds
    op.create_table(
        "process",
        sa.Column("name", sa.String(length=192), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=64), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("restarts", sa.Integer(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("since", callflow.storage.schema.UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "steady_since", callflow.storage.schema.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column("beat_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_process")),
    )
    op.create_index(op.f("ix_process_role"), "process", ["role"])
    job_tables.create(op.get_bind())
