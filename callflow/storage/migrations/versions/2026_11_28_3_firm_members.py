"""People of firms who call with codes of their own: technicians' visits, zones at fault, mails."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_28_3_firm_members"
down_revision = "2026_11_28_2_spoken"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "firm_member",
        sa.Column("contact_id", sa.String(length=64), nullable=False),
        sa.Column("firm_id", sa.String(length=64), nullable=False),
        sa.Column("mail", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_firm_member_contact_id_contact")
        ),
        sa.ForeignKeyConstraint(
            ["firm_id"], ["contact.id"], name=op.f("fk_firm_member_firm_id_contact")
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_firm_member")),
    )
    op.create_index(op.f("ix_firm_member_firm_id"), "firm_member", ["firm_id"], unique=False)
    op.create_table(
        "visit",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=False),
        sa.Column("contact_id", sa.String(length=64), nullable=False),
        sa.Column("incident_id", sa.String(length=64), nullable=True),
        sa.Column("accepted_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("on_site_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("left_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_visit_site_id_site")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_visit_contact_id_contact")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_visit_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    op.create_index(op.f("ix_visit_site_id"), "visit", ["site_id"], unique=False)
    op.create_index(op.f("ix_visit_contact_id"), "visit", ["contact_id"], unique=False)
    with op.batch_alter_table("measure") as batch:
        batch.add_column(sa.Column("zone", sa.String(16), server_default="", nullable=False))
    with op.batch_alter_table("outbox") as batch:
        batch.alter_column("incident_id", existing_type=sa.String(64), nullable=True)
        batch.add_column(sa.Column("site_id", sa.String(64), nullable=True))
        batch.create_foreign_key(op.f("fk_outbox_site_id_site"), "site", ["site_id"], ["id"])
