"""What is done on site: guard firms (D22) and protective measures (D26)."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

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
