"""Where sites are, in degrees: the map shows them there."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_07_2_coordinates"
down_revision = "2026_12_06_22_relapses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("latitude", "longitude"):
        op.add_column("site", sa.Column(name, sa.Float, nullable=True))
