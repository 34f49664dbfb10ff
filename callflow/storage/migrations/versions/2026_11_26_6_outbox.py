"""What is to be told by mail, SMS or webhook."""

from __future__ import annotations

revision = "2026_11_26_6_outbox"
down_revision = "2026_11_26_5_machines"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
