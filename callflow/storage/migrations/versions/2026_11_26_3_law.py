"""Services by place, verifications, what was said to a service."""

from __future__ import annotations

revision = "2026_11_26_3_law"
down_revision = "2026_11_26_2_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
