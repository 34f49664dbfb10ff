"""At which sites somebody has a part is found at once, among 20,000."""

from alembic import op

revision = "2026_11_29_9_parts"
down_revision = "2026_11_29_8_password_given"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name = op.f("ix_site_contact_contact_id")
    op.create_index(name, "site_contact", ["contact_id"], unique=False)
