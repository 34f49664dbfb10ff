"""How long what alarms leave is kept, legal holds, and files that are to go."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_29_3_retention"
down_revision = "2026_11_29_2_contract"
branch_labels = None
depends_on = None

_KEPT = sa.text("path <> ''")


def upgrade() -> None:
    op.create_table(
        "retention",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("incident_id", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lifted_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_legal_hold_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_incident_id"), "legal_hold", ["incident_id"])
    op.create_index(op.f("ix_legal_hold_lifted_at"), "legal_hold", ["lifted_at"])
    op.create_table(
        "doomed_file",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("folder", sa.String(16), nullable=False),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_doomed_file")),
    )
    for table, column in (
        ("recording", "checked_at"),
        ("spoken", "said_at"),
        ("image", "taken_at"),
    ):
        name = op.f(f"ix_{table}_kept")
        op.create_index(name, table, [column], sqlite_where=_KEPT, postgresql_where=_KEPT)
