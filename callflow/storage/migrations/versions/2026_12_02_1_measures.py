"""A measure has a firm, a rate and reports; charges are typed facts; calendars are read."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_02_1_measures"
down_revision = "2026_12_01_5_fewer_pages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("measure", sa.Column("firm_id", sa.String(64), nullable=True))
    op.add_column("measure", sa.Column("rate", sa.Integer(), nullable=True))
    op.add_column(
        "measure", sa.Column("report_every", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("measure", sa.Column("report_due", UtcDateTime(timezone=True), nullable=True))
    op.add_column("measure", sa.Column("ends_when", sa.String(16), nullable=True))
    op.create_index(
        "ix_measure_running",
        "measure",
        ["ends_at"],
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "measure_report",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("measure_id", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["measure.id"], name=op.f("fk_measure_report_measure_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_report")),
    )
    op.create_index(op.f("ix_measure_report_measure_id"), "measure_report", ["measure_id"])
    _calendar_feed()
    _charge()


def _calendar_feed() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=True),
        sa.Column("firm_id", sa.String(64), nullable=True),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("read_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_calendar_feed_client_id")
        ),
        sa.ForeignKeyConstraint(["firm_id"], ["contact.id"], name=op.f("fk_calendar_feed_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )


def _charge() -> None:
    op.create_table(
        "charge",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("incident_id", sa.String(64), nullable=True),
        sa.Column("source", sa.String(120), nullable=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("unit", sa.String(8), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("priced_by", sa.String(8), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("corrects", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_charge_site_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_charge_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint("source", name=op.f("uq_charge_source")),
    )
    op.create_index("ix_charge_client_at", "charge", ["client_id", "at"])
    op.create_index("ix_charge_at", "charge", ["at"])
    op.create_index("ix_charge_made_at", "charge", ["made_at", "id"])
    op.create_table(
        "charge_price",
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("scope", sa.String(8), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("included", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "scope", "owner", name=op.f("pk_charge_price")),
    )
