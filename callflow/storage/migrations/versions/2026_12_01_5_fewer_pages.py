"""Indexes on what few rows have, or nobody looks for, are on the others only: each page of an index
that a commit touches is written whole."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_5_fewer_pages"
down_revision = "2026_12_01_4_call_due"
branch_labels = None
depends_on = None

_COMMON = (
    *("signal", "step", "call_requested", "call_placed", "call_answered", "call_result"),
    *("call_ended", "incident_opened", "human", "closed", "filed", "awaiting_normal", "covered"),
)
_RARE = " AND ".join(f"kind <> '{kind}'" for kind in _COMMON)


def upgrade() -> None:
    op.drop_index("ix_incident_site_id", "incident")  # ix_incident_site_state begins with it
    op.drop_index("ix_logbook_incident", "logbook")  # its chain has its name
    op.drop_index("ix_call_state", "call")
    op.drop_index("ix_call_work", "call")
    op.create_index("ix_call_work", "call", ["state", "node", "priority", "requested_at"])
    for name, table, where, *columns in (
        ("ix_incident_queue_due", "incident", "queue_due IS NOT NULL", "state", "queue_due"),
        ("ix_incident_storm_id", "incident", "storm_id IS NOT NULL", "storm_id"),
        ("ix_signal_incident_id", "signal", "incident_id IS NOT NULL", "incident_id"),
        ("ix_signal_backlog", "signal", "correlated_at IS NULL", "rank", "number"),
        ("ix_call_trunk", "call", "ended_at IS NOT NULL", "trunk", "ended_at"),
        ("ix_call_leader", "call", "leader IS NOT NULL", "leader"),
        ("ix_call_room", "call", "room IS NOT NULL", "room"),
        ("ix_call_operator", "call", "operator <> ''", "operator", "ended_at"),
        ("ix_logbook_kind_at", "logbook", _RARE, "kind", "at"),
    ):
        op.drop_index(name, table)
        only = sa.text(where)
        op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)
