"""What the queue waits for is found without reading every open incident."""

from alembic import op

revision = "2026_11_26_9_queue_due"
down_revision = "2026_11_26_8_interventions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_incident_queue_due", "incident", ["state", "queue_due"], unique=False)
