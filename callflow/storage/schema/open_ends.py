"""What a site is left with after its alarm: bypassed zones, promises, faults, and who signed."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, partial, reference

#: A zone that its panel said to leave out, until it says that it is back.
bypass = Table(
    "bypass",
    metadata,
    Column("account", String(16), primary_key=True),
    Column("zone", String(16), primary_key=True),  # its key
    reference("site_id", "site.id"),
    instant("since", null=False),
    Column("panel_user", String(16), nullable=False),
)

#: Something that somebody owes a site: a word, an errand, or equipment that is still there.
promise = Table(
    "promise",
    metadata,
    id_column(),
    reference("incident_id", "incident.id"),
    Column("kind", String(16), nullable=False),  # core.alarms.filing.PromiseKind
    Column("text", Text, nullable=False),
    Column("who", Text, nullable=False),  # owes it, or left it there
    Column("noted_by", Text, nullable=False),
    instant("at", null=False),
    instant("due_at"),
    instant("ended_at"),
    Column("ended_by", Text, nullable=False, server_default=""),
    Column("ended_because", Text, nullable=False, server_default=""),
)

#: One open thing that somebody answers for. ``second``: who signed it beside them, where it takes
#: two.
signature = Table(
    "signature",
    metadata,
    id_column(),
    reference("incident_id", "incident.id"),
    Column("what", String(32), nullable=False),  # core.alarms.filing.What
    Column("name", Text, nullable=False),
    Column("signals", Integer, nullable=False),  # of the incident then: a new alarm voids it
    Column("by", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("supervises", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    instant("at", null=False),
    Column("second", Text, nullable=False, server_default=""),
    Column("second_reason", Text, nullable=False, server_default=""),
    instant("signed_at"),  # by all whom it takes
)

#: A zone, or a part of a panel, that does not work: followed until it does (mission 5.4).
fault = Table(
    "fault",
    metadata,
    id_column(),
    reference("site_id", "site.id"),
    reference("incident_id", "incident.id", null=True),
    Column("account", String(16), nullable=False),
    Column("zone", String(16), nullable=False),  # its key; "": the panel
    Column("text", Text, nullable=False),
    Column("cause", Text, nullable=False, server_default=""),
    Column("firm_id", String(64), nullable=True),  # the maintenance firm's contact
    Column("quote", Text, nullable=False, server_default=""),
    instant("quoted_at"),
    Column("mail", Text, nullable=False, server_default=""),  # where the client is reminded
    instant("appointment_at"),
    Column("opened_by", Text, nullable=False),
    instant("began_at", null=False),
    instant("remind_at"),  # the client, next
    Column("reminders", Integer, nullable=False, server_default="0"),
    instant("ended_at"),
    Column("ended_by", Text, nullable=False, server_default=""),  # "callflow": by a signal
    Column("ended_because", Text, nullable=False, server_default=""),
    Index("ix_fault_open", "ended_at", "remind_at"),
    partial("ix_fault_appointment", "appointment_at IS NOT NULL", "appointment_at"),
)
