"""Where signals come from and how it is watched: lines, overrides, arming, supervision, on test."""

import sqlalchemy as sa
from alembic import op

import callflow.storage.schema

revision = "2026_11_25_lines_and_supervision"
down_revision = "2026_11_25_first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_override",
        sa.Column("site_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("zone", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("category", sa.String(length=16), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("opens", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_event_override_site_id")),
        sa.PrimaryKeyConstraint("site_id", "code", "zone", name=op.f("pk_event_override")),
    )
    op.create_table(
        "on_test",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=False),
        sa.Column("zones", sa.JSON(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.String(length=64), nullable=True),
        sa.Column("began_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=False),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("ended_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_on_test_contact_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_on_test_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_test")),
    )
    op.create_index("ix_on_test_running", "on_test", ["ended_at", "ends_at"], unique=False)
    op.create_index(op.f("ix_on_test_site_id"), "on_test", ["site_id"], unique=False)
    op.create_table(
        "partition",
        sa.Column("account", sa.String(length=16), nullable=False),
        sa.Column("partition", sa.String(length=16), nullable=False),
        sa.Column("armed", sa.Boolean(), nullable=False),
        sa.Column("since", callflow.storage.schema.UtcDateTime(timezone=True), nullable=False),
        sa.Column("panel_user", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["account.account"], name=op.f("fk_partition_account")
        ),
        sa.PrimaryKeyConstraint("account", "partition", name=op.f("pk_partition")),
    )
    op.create_table(
        "zone_trips",
        sa.Column("account", sa.String(length=16), nullable=False),
        sa.Column("zone", sa.String(length=16), nullable=False),
        sa.Column("trips", sa.Integer(), nullable=False),
        sa.Column("since", callflow.storage.schema.UtcDateTime(timezone=True), nullable=False),
        sa.Column("shunted_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account"], ["account.account"], name=op.f("fk_zone_trips_account")
        ),
        sa.PrimaryKeyConstraint("account", "zone", name=op.f("pk_zone_trips")),
    )
    op.add_column(
        "account", sa.Column("last_line", sa.String(length=32), server_default="", nullable=False)
    )
    op.add_column("account", sa.Column("line", sa.String(length=32), nullable=True))
    op.add_column("account", sa.Column("phone", sa.String(length=32), nullable=True))
    op.add_column("account", sa.Column("poll_every", sa.Float(), nullable=True))
    op.add_column(
        "account",
        sa.Column("poll_since", callflow.storage.schema.UtcDateTime(timezone=True), nullable=True),
    )
    op.add_column("account", sa.Column("silent", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("account", sa.Column("test_every", sa.Float(), nullable=True))
    op.add_column(
        "account",
        sa.Column("test_due", callflow.storage.schema.UtcDateTime(timezone=True), nullable=True),
    )
    op.add_column(
        "account", sa.Column("untested", sa.Boolean(), server_default="0", nullable=False)
    )
    op.add_column(
        "account",
        sa.Column("arrival_due", callflow.storage.schema.UtcDateTime(timezone=True), nullable=True),
    )
    op.add_column(
        "incident",
        sa.Column("alarm_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=True),
    )
    op.add_column(
        "incident",
        sa.Column("runaway_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=True),
    )
    op.add_column("incident", sa.Column("storm_id", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_incident_storm_id"), "incident", ["storm_id"], unique=False)
    op.add_column(
        "signal", sa.Column("caller", sa.String(length=32), server_default="", nullable=False)
    )
    op.add_column("signal", sa.Column("extra", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "signal", sa.Column("treatment", sa.String(length=16), server_default="", nullable=False)
    )
    op.add_column("signal", sa.Column("deferred", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("site", sa.Column("schedule", sa.JSON(), nullable=True))
    op.add_column(
        "site",
        sa.Column(
            "schedule_due", callflow.storage.schema.UtcDateTime(timezone=True), nullable=True
        ),
    )
    op.add_column("site", sa.Column("rules", sa.JSON(), server_default="{}", nullable=False))
    op.create_index(op.f("ix_site_schedule_due"), "site", ["schedule_due"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a station goes forward only: restore a backup instead")
