"""When a call is due stood in no row that anybody read: its incident's ``due_at`` says it."""

from alembic import op

revision = "2026_12_01_4_call_due"
down_revision = "2026_12_01_3_storm_until"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("call", "due_at")
