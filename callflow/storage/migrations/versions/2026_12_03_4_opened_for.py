"""A measure knows for which alarm it was opened, when that is filed and the measure goes on."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_03_4_opened_for"
down_revision = "2026_12_03_3_mnemonic"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("measure", sa.Column("opened_for", sa.String(64), nullable=True))
    op.create_index("ix_measure_opened_for", "measure", ["opened_for"])
    op.execute("UPDATE measure SET opened_for = incident_id")
