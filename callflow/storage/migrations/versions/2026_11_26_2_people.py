"""When people can be called, and provisional instructions."""

from __future__ import annotations

revision = "2026_11_26_2_people"
down_revision = "2026_11_26_1_plans_and_tasks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
