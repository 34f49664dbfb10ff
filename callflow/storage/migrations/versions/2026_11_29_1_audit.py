"""Entries of a kind are found in their order: the audit, among a million others."""

from alembic import op

revision = "2026_11_29_1_audit"
down_revision = "2026_11_28_5_instruction_to_hear"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_logbook_kind_at"), "logbook", ["kind", "at"], unique=False)
