"""Services by place, verifications, what was said to a service."""

import sqlalchemy as sa
from alembic import op

import callflow.storage.schema

revision = "2026_11_26_3_law"
down_revision = "2026_11_26_2_people"
branch_labels = None
depends_on = None

_INSTANT = callflow.storage.schema.UtcDateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("site") as batch:
        batch.add_column(
            sa.Column("postcode", sa.String(length=16), server_default="", nullable=False)
        )
        batch.add_column(
            sa.Column("police_agreement", sa.Text(), server_default="", nullable=False)
        )
    op.create_table(
        "service_line",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=True),
        sa.Column("place", sa.String(length=16), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_service_line_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_line")),
    )
    op.create_index(op.f("ix_service_line_number"), "service_line", ["number"], unique=False)
    _of_incident(
        "verification",
        sa.Column("means", sa.String(length=32), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("weight", sa.String(length=16), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
    )
    _of_incident(
        "service_call",
        sa.Column("service", sa.String(length=16), nullable=False),
        sa.Column("line_name", sa.Text(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("gate", sa.String(length=32), nullable=False),
        sa.Column("override_reason", sa.Text(), nullable=False),
        sa.Column("requested_at", _INSTANT, nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=True),
    )
    _of_incident(
        "service_report",
        sa.Column("service", sa.String(length=16), nullable=False),
        sa.Column("line_name", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("counter_order", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("said_at", _INSTANT, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
    )


def _of_incident(name: str, *columns: sa.Column[object]) -> None:
    """A table whose rows belong to an incident."""
    op.create_table(
        name,
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f(f"fk_{name}_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_incident_id"), name, ["incident_id"], unique=False)
