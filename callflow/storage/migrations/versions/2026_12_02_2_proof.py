"""A message carries a document, and the far end's word on it is kept beside it."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_02_2_proof"
down_revision = "2026_12_02_1_measures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("document_id", sa.String(64), nullable=True))
    op.create_table(
        "proof",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("incident_id", sa.String(64), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_proof_incident_id")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["outbox.id"], name=op.f("fk_proof_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof")),
    )
    op.create_index(op.f("ix_proof_message_id"), "proof", ["message_id"])
    op.create_index(op.f("ix_proof_incident_id"), "proof", ["incident_id"])
    only = sa.text("reference <> ''")
    op.create_index(
        "ix_proof_reference", "proof", ["reference"], sqlite_where=only, postgresql_where=only
    )
