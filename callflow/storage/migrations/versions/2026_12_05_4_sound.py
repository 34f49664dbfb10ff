"""Whether whoever took up a shift heard their headset, and was loud enough: kept with the shift."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_05_4_sound"
down_revision = "2026_12_05_3_canary"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shift", sa.Column("sound_at", UtcDateTime(timezone=True), nullable=True))
    op.add_column(
        "shift", sa.Column("sound_fault", sa.String(16), nullable=False, server_default="")
    )
    op.add_column("shift", sa.Column("sound_level", sa.Float(), nullable=True))
