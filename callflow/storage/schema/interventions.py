"""What is done on site: protective measures (D26)."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

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
