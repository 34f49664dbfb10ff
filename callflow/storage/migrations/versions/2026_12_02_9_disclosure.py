"""Who asked for an alarm's evidence file, why, by what right, and what was handed over."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_02_9_disclosure"
down_revision = "2026_12_02_8_fault_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "disclosure",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("incident_id", sa.String(64), nullable=False),
        sa.Column("requester", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("recordings", sa.String(8), nullable=False),
        sa.Column("images", sa.String(8), nullable=False),
        sa.Column("also", sa.JSON(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("masked", sa.Integer(), nullable=True),
        sa.Column("left_out", sa.Integer(), nullable=True),
        sa.Column("stamped", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_disclosure_incident_id", "disclosure", ["incident_id"])
    op.create_index("ix_disclosure_asked_at", "disclosure", ["asked_at"])
