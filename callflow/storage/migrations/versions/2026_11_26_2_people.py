"""When people can be called, which plan when, and provisional instructions."""

import sqlalchemy as sa
from alembic import op

import callflow.storage.schema

revision = "2026_11_26_2_people"
down_revision = "2026_11_26_1_plans_and_tasks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = callflow.storage.schema.UtcDateTime(timezone=True)
    op.create_table(
        "instruction",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("plan", sa.String(length=64), nullable=True),
        sa.Column("kinds", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("contact_id", sa.String(length=64), nullable=True),
        sa.Column("replacement_id", sa.String(length=64), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("lowers", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("begins_at", instant, nullable=False),
        sa.Column("ends_at", instant, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=True),
        sa.Column("made_at", instant, nullable=False),
        sa.Column("signer", sa.Text(), nullable=True),
        sa.Column("signed_at", instant, nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", instant, nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_instruction_site_id")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_instruction_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["replacement_id"], ["contact.id"], name=op.f("fk_instruction_replacement_id")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["contact.id"], name=op.f("fk_instruction_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instruction")),
    )
    op.create_index("ix_instruction_site", "instruction", ["site_id", "ends_at"])
    op.create_index("ix_instruction_ends_at", "instruction", ["ends_at"])
    for column in ("contact_id", "replacement_id", "asked_by"):
        op.create_index(op.f(f"ix_instruction_{column}"), "instruction", [column])
    with op.batch_alter_table("contact") as batch:
        batch.add_column(sa.Column("availability", sa.JSON(), nullable=True))
    with op.batch_alter_table("site") as batch:
        batch.add_column(sa.Column("plan_rules", sa.JSON(), server_default="[]", nullable=False))
