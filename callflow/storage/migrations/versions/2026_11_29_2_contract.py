"""A site's contract changes with a reason and from a day on; whoever was called is kept."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_29_2_contract"
down_revision = "2026_11_29_1_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("site") as batch:
        batch.add_column(sa.Column("state_since", UtcDateTime(timezone=True), nullable=True))
    op.create_table(
        "contract_change",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("dropped_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_contract_change_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_change")),
    )
    op.create_index(
        "ix_contract_change_site", "contract_change", ["site_id", "effective_at"], unique=False
    )
    op.create_index(
        "ix_contract_change_due", "contract_change", ["done_at", "effective_at"], unique=False
    )
    op.create_table(
        "former_contact",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("contact_id", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("authorities", sa.JSON(), nullable=False),
        sa.Column("keys_held", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("closed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("restored_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_former_contact_site_id")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_former_contact_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_contact")),
    )
    op.create_index(op.f("ix_former_contact_site_id"), "former_contact", ["site_id"], unique=False)
    op.create_index(
        op.f("ix_former_contact_contact_id"), "former_contact", ["contact_id"], unique=False
    )
