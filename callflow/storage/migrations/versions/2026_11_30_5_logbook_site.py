"""A site's entries of the logbook are found among a million without reading them all."""

from alembic import op

revision = "2026_11_30_5_logbook_site"
down_revision = "2026_11_30_4_site_upload"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_logbook_site_at", "logbook", ["site", "at"])
