"""Versions of plans."""

from __future__ import annotations

revision = "2026_11_26_7_versions"
down_revision = "2026_11_26_6_outbox"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
