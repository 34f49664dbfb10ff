"""Services, and what the law wants kept: verifications, who was called and what was said."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

#: The directory (callflow/core/interventions/directory.py).
service_line = Table(
    "service_line",
    metadata,
    id_column(),
    Column("service", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("number", String(32), nullable=False, index=True),  # E.164, confidential
    Column("fax", String(32), nullable=True),  # E.164: for documents, asked for by a person
    Column("site_id", String(64), ForeignKey("site.id"), nullable=True),
    Column("place", String(16), nullable=False),  # how its postcodes begin; "": everywhere
    Column("hours", JSON, nullable=False),  # callflow/core/time/availability.py; {}: always
    Column("note", Text, nullable=False),
)

verification = Table(
    "verification",
    metadata,
    id_column(),
    reference("incident_id", "incident.id"),
    Column("means", String(32), nullable=False),
    Column("result", String(16), nullable=False),
    Column("weight", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    instant("at", null=False),
    # The very item: what was looked at, or the call that was heard.
    reference("image_id", "image.id", null=True),
    reference("call_id", "call.id", null=True),
    Column("person", Text, nullable=False, server_default=""),  # who was spoken to, or looked
    instant("found_at"),  # when it was seen or heard; null: at
)

#: A person asked for a service's line. Its id is the conference of the operator and the service.
service_call = Table(
    "service_call",
    metadata,
    id_column(),
    reference("incident_id", "incident.id"),
    Column("service", String(16), nullable=False),
    Column("line_name", Text, nullable=False),
    Column("number", String(32), nullable=False),
    Column("requester", Text, nullable=False),
    Column("gate", String(32), nullable=False),  # law.Reason: why it was allowed
    Column("override_reason", Text, nullable=False),
    instant("requested_at", null=False),
    Column("call_id", String(64), nullable=True),  # the call to the service, once a desk took it
)

#: What was said to a service, and its answer (D23).
service_report = Table(
    "service_report",
    metadata,
    id_column(),
    reference("incident_id", "incident.id"),
    Column("service", String(16), nullable=False),
    Column("line_name", Text, nullable=False),
    Column("person", Text, nullable=False),  # who answered there
    Column("reference", Text, nullable=False),  # of theirs
    Column("answer", String(16), nullable=False),  # law.Answer
    Column("counter_order", Boolean, nullable=False),  # they were told not to come any more
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    instant("said_at", null=False),
    instant("at", null=False),  # when it was recorded
    Column("call_id", String(64), nullable=True),  # the call to the service, where we made it
    Column("script", Text, nullable=False, server_default=""),  # what the page gave to say
)
