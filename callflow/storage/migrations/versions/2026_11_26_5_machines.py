"""Several machines."""

from __future__ import annotations

revision = "2026_11_26_5_machines"
down_revision = "2026_11_26_4_trunks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
