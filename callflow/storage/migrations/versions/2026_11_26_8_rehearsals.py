"""Rehearsals need nothing beyond ``incident.exercise``, which is there already."""

from __future__ import annotations

revision = "2026_11_26_8_rehearsals"
down_revision = "2026_11_26_7_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to do."""
