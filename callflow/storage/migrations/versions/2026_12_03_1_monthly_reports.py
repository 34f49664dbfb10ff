"""Who is sent a report each month, and which were made; whether an alarm was false is kept with its
other figures, which are derived anew."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_03_1_monthly_reports"
down_revision = "2026_12_02_10_fax"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM incident_figure")
    op.execute("DELETE FROM operator_figure")
    op.execute("DELETE FROM follower WHERE name = 'figures'")
    with op.batch_alter_table("incident_figure") as table:
        table.add_column(sa.Column("unfounded", sa.Boolean(), nullable=False))
    op.create_table(
        "report_subscription",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.String(64), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report_subscription"),
    )
    op.create_table(
        "monthly_report",
        sa.Column("subscription_id", sa.String(64), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(64), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "month", name="pk_monthly_report"),
    )
