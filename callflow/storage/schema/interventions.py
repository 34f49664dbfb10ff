"""What is done on site: guard firms (D22), protective measures (D26) and who reads of them."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, partial, reference

measure = Table(
    "measure",
    metadata,
    id_column(),
    reference("site_id", "site.id"),
    reference("incident_id", "incident.id", null=True),
    Column("kind", String(32), nullable=False),  # call_plan.Measure
    Column("zone", String(16), nullable=False, server_default=""),  # where it is about one
    Column("text", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    instant("began_at", null=False),
    instant("ends_at", null=False),
    instant("lifted_at"),
    Column("lifted_by", Text, nullable=False, server_default=""),
    Column("firm_id", String(64), nullable=True),  # a contact's: who does it
    Column("rate", Integer, nullable=True),  # cents an hour, a round, or once: by the kind
    Column("report_every", Integer, nullable=False, server_default="0"),  # minutes; 0: none
    instant("report_due"),  # when the next report is overdue
    Column("ends_when", String(16), nullable=True),  # measure.EndsWhen
    # The incident that it was opened for, without a key: what goes on outlives it.
    Column("opened_for", String(64), nullable=True, index=True),
    # What runs, among all that ever did: looked at every second.
    partial("ix_measure_running", "lifted_at IS NULL", "ends_at"),
)

#: What was reported of a measure: a guard's word, a round of a patrol. Never changed.
measure_report = Table(
    "measure_report",
    metadata,
    id_column(),
    reference("measure_id", "measure.id"),
    instant("at", null=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
)

#: A calendar that a program reads by an address of its own, until it is revoked.
calendar_feed = Table(
    "calendar_feed",
    metadata,
    id_column(),
    Column("name", Text, nullable=False),  # who reads it
    Column("token_hash", String(64), nullable=False, unique=True),
    reference("client_id", "client.id", null=True, index=False),  # only that client's sites
    reference("firm_id", "contact.id", null=True, index=False),  # only what that firm does
    Column("language", String(8), nullable=False),
    Column("made_by", Text, nullable=False),
    instant("made_at", null=False),
    instant("read_at"),
    instant("revoked_at"),
    Column("revoked_by", Text, nullable=False, server_default=""),
)

#: A firm of guards, or one that keeps installations in order (``part``).
guard_firm = Table(
    "guard_firm",
    metadata,
    Column("contact_id", String(64), ForeignKey("contact.id"), primary_key=True),
    Column("licence", String(64), nullable=False),
    Column("sectors", JSON, nullable=False),  # [the beginning of a postcode, ...]
    Column("rank", Integer, nullable=False),
    Column("tariff", Text, nullable=False, server_default=""),
    Column("part", String(16), nullable=False, server_default="guard"),  # site.Role
    instant("closed_at"),  # it works for nobody any more
    Column("closed_by", Text, nullable=False, server_default=""),
    Column("closed_because", Text, nullable=False, server_default=""),
)

#: Somebody of a firm, of guards or of technicians, who calls us with a code of their own (D22).
firm_member = Table(
    "firm_member",
    metadata,
    Column("contact_id", String(64), ForeignKey("contact.id"), primary_key=True),
    reference("firm_id", "contact.id"),
    Column("mail", Text, nullable=False, server_default=""),  # where summaries go
)

#: A technician at work on a site: accepted, there, left again.
visit = Table(
    "visit",
    metadata,
    id_column(),
    reference("site_id", "site.id"),
    reference("contact_id", "contact.id"),
    reference("incident_id", "incident.id", null=True, index=False),
    instant("accepted_at", null=False),
    instant("on_site_at"),
    instant("left_at"),
)
