"""A file that was sent is taken by a mapping, or as far as it is right."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_04_7_upload_terms"
down_revision = "2026_12_04_7_file_mapping"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mapping = sa.Column("mapping", sa.String(64), nullable=False, server_default="")
    op.add_column("site_upload", mapping)
    op.add_column(
        "site_upload", sa.Column("valid", sa.Boolean(), nullable=False, server_default="0")
    )
