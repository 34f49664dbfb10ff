"""Calls of no incident and what the day's chains tell, by age: for how long they are kept."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_2_incidents_kept"
down_revision = "2026_11_30_1_plan_overrides"
branch_labels = None
depends_on = None

_ALONE = sa.text("incident_id IS NULL")
_UNCOVERED = sa.text(
    "incident IS NULL AND kind NOT IN"
    " ('covered', 'erased', 'purged', 'recording', 'recording_problem', 'spoken')"
)


def upgrade() -> None:
    for name, table, columns, where in (
        ("ix_call_alone", "call", ["incident_id", "ended_at"], _ALONE),
        ("ix_logbook_uncovered", "logbook", ["incident", "at"], _UNCOVERED),
    ):
        op.create_index(op.f(name), table, columns, sqlite_where=where, postgresql_where=where)
