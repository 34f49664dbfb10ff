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
    Column("text", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    instant("began_at", null=False),
    instant("ends_at", null=False),
    instant("lifted_at"),
    Column("lifted_by", Text, nullable=False, server_default=""),
)

guard_firm = Table(
    "guard_firm",
    metadata,
    Column("contact_id", String(64), ForeignKey("contact.id"), primary_key=True),
    Column("licence", String(64), nullable=False),
    Column("sectors", JSON, nullable=False),  # [the beginning of a postcode, ...]
    Column("rank", Integer, nullable=False),
    Column("tariff", Text, nullable=False, server_default=""),
)
