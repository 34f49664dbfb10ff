"""What statistics count is derived from other rows, by the engine, when it is idle."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_02_5_figures"
down_revision = "2026_12_02_4_open_ends"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("maker", sa.String(40), nullable=True))
    durations = (
        sa.Column(f"{step}_ms", sa.BigInteger(), nullable=True)
        for step in (
            *("shown", "claimed", "called", "acted", "verified", "closed", "machine", "human"),
        )
    )
    op.create_table(
        "incident_figure",
        sa.Column("incident_id", sa.String(64), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        *durations,
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("category", sa.String(16), nullable=False),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("account", sa.String(16), nullable=False),
        sa.Column("zone", sa.String(16), nullable=False),
        sa.Column("operator", sa.String(64), nullable=False),
        sa.Column("resolution", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name="pk_incident_figure"),
    )
    op.create_index("ix_incident_figure_day", "incident_figure", ["day"])
    op.create_index("ix_incident_figure_site_id", "incident_figure", ["site_id", "day"])
    op.create_table(
        "operator_figure",
        sa.Column("incident_id", sa.String(64), nullable=False),
        sa.Column("operator", sa.String(64), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("category", sa.String(16), nullable=False),
        sa.Column("held_ms", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "operator", name="pk_operator_figure"),
    )
    op.create_index("ix_operator_figure_day", "operator_figure", ["day"])
    op.create_table(
        "trunk_figure",
        sa.Column("since", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("trunk", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("waited_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("since", "trunk", "outcome", name="pk_trunk_figure"),
    )
    op.create_index("ix_trunk_figure_day", "trunk_figure", ["day"])
    op.create_table(
        "follower",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("incident", sa.String(64), nullable=True),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_follower"),
    )
