"""Guard firms and protective measures."""

from __future__ import annotations

revision = "2026_11_26_9_interventions"
down_revision = "2026_11_26_8_rehearsals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
