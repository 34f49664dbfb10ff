"""Guard firms and protective measures."""

import sqlalchemy as sa
from alembic import op

import callflow.storage.schema

revision = "2026_11_26_8_interventions"
down_revision = "2026_11_26_7_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "measure",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=False),
        sa.Column("incident_id", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("began_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", callflow.storage.schema.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_measure_incident_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_measure_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
    )
    op.create_index(op.f("ix_measure_incident_id"), "measure", ["incident_id"], unique=False)
    op.create_index(op.f("ix_measure_site_id"), "measure", ["site_id"], unique=False)
    op.create_table(
        "guard_firm",
        sa.Column("contact_id", sa.String(length=64), nullable=False),
        sa.Column("licence", sa.String(length=64), nullable=False),
        sa.Column("sectors", sa.JSON(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("tariff", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_guard_firm_contact_id")
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_guard_firm")),
    )
    with op.batch_alter_table("site_contact") as batch:
        batch.add_column(
            sa.Column("keys_held", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
