"""What statistics count: narrow rows that are derived from others, later, and never by an alarm.

Each can be made anew from what it was derived from (``callflow statistics rebuild``).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
)

from callflow.storage.schema.base import id_column, instant, metadata


def _of_incident() -> Column[str]:
    """Without a foreign key: on PostgreSQL it would lock the incident that an alarm may be about to
    lock. What is gone with it is deleted with it (storage/records/past.py)."""
    return Column("incident_id", String(64), primary_key=True)


#: One incident (callflow/core/records/figures.py): durations in milliseconds.
incident_figure = Table(
    "incident_figure",
    metadata,
    _of_incident(),
    Column("day", Integer, nullable=False),  # of the station: 20261130
    Column("hour", SmallInteger, nullable=False),  # of the station's clock
    Column("urgent", Boolean, nullable=False),
    Column("unfounded", Boolean, nullable=False),
    Column("shown_ms", BigInteger, nullable=True),
    Column("claimed_ms", BigInteger, nullable=True),
    Column("called_ms", BigInteger, nullable=True),
    Column("acted_ms", BigInteger, nullable=True),
    Column("verified_ms", BigInteger, nullable=True),
    Column("closed_ms", BigInteger, nullable=True),
    Column("machine_ms", BigInteger, nullable=True),
    Column("human_ms", BigInteger, nullable=True),
    Column("kind", String(16), nullable=False),
    Column("category", String(16), nullable=False),
    Column("site_id", String(64), nullable=False),
    Column("account", String(16), nullable=False),
    Column("zone", String(16), nullable=False),
    Column("operator", String(64), nullable=False),
    Column("resolution", String(32), nullable=False),
    Index("ix_incident_figure_day", "day"),
    Index("ix_incident_figure_site_id", "site_id", "day"),
)

#: What one operator did for an incident.
operator_figure = Table(
    "operator_figure",
    metadata,
    _of_incident(),
    Column("operator", String(64), primary_key=True),
    Column("day", Integer, nullable=False),
    Column("hour", SmallInteger, nullable=False),
    Column("category", String(16), nullable=False),
    Column("held_ms", BigInteger, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    Index("ix_operator_figure_day", "day"),
)

#: The calls of one trunk that ended so within an hour, which begins at ``since``.
trunk_figure = Table(
    "trunk_figure",
    metadata,
    Column("since", Integer, primary_key=True, autoincrement=False),  # hours since 1970, UTC
    Column("trunk", String(32), primary_key=True),
    Column("outcome", String(32), primary_key=True),
    Column("day", Integer, nullable=False),
    Column("hour", SmallInteger, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("waited_ms", BigInteger, nullable=False),  # of the answered: until they were
    Index("ix_trunk_figure_day", "day"),
)

#: How far what is derived follows, a row each.
follower = Table(
    "follower",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("entry", BigInteger, nullable=False),  # of the logbook: all until it are followed
    Column("incident", String(64), nullable=True),  # gone through from the first; null: all are
    Column("hour", Integer, nullable=False),  # since 1970, UTC: calls before it are counted
    instant("at", null=False),
)

#: Who is sent a report each month.
report_subscription = Table(
    "report_subscription",
    metadata,
    id_column(),
    Column("subject", String(16), nullable=False),  # monthly.Subject
    Column("subject_id", String(64), nullable=False),  # a client's, a firm's; "": the station
    Column("to", Text, nullable=False),  # a mail address
    Column("language", String(8), nullable=False),
    Column("made_by", Text, nullable=False),
    instant("made_at", null=False),
)

#: The report of one month for one of them: made once, whatever came of it.
monthly_report = Table(
    "monthly_report",
    metadata,
    Column("subscription_id", String(64), primary_key=True),
    Column("month", Integer, primary_key=True),  # 202611
    Column("document_id", String(64), nullable=True),
    Column("problem", Text, nullable=False),  # "" where it was made
    instant("made_at", null=False),
)
