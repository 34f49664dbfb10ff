"""People, firms and services have fax machines."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_10_fax"
down_revision = "2026_12_02_9_disclosure"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact", sa.Column("fax", sa.String(32), nullable=True))
    op.add_column("service_line", sa.Column("fax", sa.String(32), nullable=True))
    only = sa.text("fax IS NOT NULL")
    op.create_index("ix_contact_fax", "contact", ["fax"], sqlite_where=only, postgresql_where=only)
