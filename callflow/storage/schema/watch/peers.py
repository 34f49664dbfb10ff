"""What the backup station is told of."""

from sqlalchemy import Column, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, partial, reference

#: One alarm of which it is told (callflow/core/station/peer.py), once an alarm.
peer_notice = Table(
    "peer_notice",
    metadata,
    id_column(),
    reference("incident_id", "incident.id"),
    Column("stage", String(8), nullable=False),
    instant("asked_at", null=False),
    instant("due_at", null=False),
    instant("heard_at"),
    instant("called_at"),
    instant("ended_at"),
    Column("attempts", Integer, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("error", Text, nullable=False),
    partial("ix_peer_notice_open", "ended_at IS NULL", "due_at"),
)
