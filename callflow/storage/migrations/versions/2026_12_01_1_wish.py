"""What somebody asks for that takes a second person is kept with the incident (D30)."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_1_wish"
down_revision = "2026_11_30_8_token_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident", sa.Column("wish", sa.JSON(none_as_null=True), nullable=True))
