"""The inventory of the station: readings of probes, the organs' history, the alarms that they
raised, who looks after them, and the probes that an administrator sets."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_05_1_inventory"
down_revision = "2026_12_04_3_backup_run"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organ", sa.Column("alarm", sa.Integer, nullable=False, server_default="0"))
    op.add_column("organ", sa.Column("alarm_at", UtcDateTime(timezone=True), nullable=True))
    op.create_table(
        "reading",
        sa.Column("key", sa.String(256), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("figure", sa.Float, nullable=True),
        sa.Column("unit", sa.String(16), nullable=False),
        sa.Column("limit", sa.Float, nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("valid_until", UtcDateTime(timezone=True), nullable=False),
        sa.Column("vital", sa.Boolean, nullable=False),
        sa.Column("elsewhere", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_reading")),
    )
    op.create_table(
        "organ_point",
        sa.Column("key", sa.String(256), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("figure", sa.Float, nullable=True),
        sa.Column("changed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("key", "at", name=op.f("pk_organ_point")),
    )
    op.create_index("ix_organ_point_at", "organ_point", ["at"])
    op.create_table(
        "organ_care",
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("cost", sa.Text, nullable=False),
        sa.Column("keeper", sa.String(64), nullable=False),
        sa.Column("phone", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("part", "name", name=op.f("pk_organ_care")),
    )
    op.create_table(
        "probe",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("means", sa.String(16), nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("every", sa.Integer, nullable=False),
        sa.Column("warn", sa.Float, nullable=True),
        sa.Column("fail", sa.Float, nullable=True),
        sa.Column("below", sa.Boolean, nullable=False),
        sa.Column("unit", sa.String(16), nullable=False),
        sa.Column("vital", sa.Boolean, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probe")),
        sa.UniqueConstraint("part", "name", name=op.f("uq_probe_part")),
    )
