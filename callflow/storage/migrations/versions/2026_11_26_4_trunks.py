"""Several trunks."""

from __future__ import annotations

revision = "2026_11_26_4_trunks"
down_revision = "2026_11_26_3_law"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
