"""A storm holds its sites' plans until a time, and not for ever (D28)."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_01_3_storm_until"
down_revision = "2026_12_01_2_logbook_proofs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident", sa.Column("storm_until", UtcDateTime(timezone=True), nullable=True))
    # What an earlier version put under a storm for ever goes on now; each plan was marked done.
    op.execute(
        "UPDATE incident SET storm_until = opened_at, due_at = opened_at, machine = 'running'"
        " WHERE storm_id IS NOT NULL AND state = 'open' AND holder IS NULL"
    )
