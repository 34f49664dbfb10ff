"""What is told by mail, SMS or webhook, and the stills of declared cameras."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

#: One message to one address, written before it is sent (callflow/outbox.py).
outbox = Table(
    "outbox",
    metadata,
    id_column(),  # the far end sees it: Message-ID, Idempotency-Key
    reference("incident_id", "incident.id"),
    reference("task_id", "task.id", null=True),  # the step that waits for it
    Column("channel", String(16), nullable=False),
    Column("to", Text, nullable=False),  # of channel images: the camera's id
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("data", JSON, nullable=False),  # what a webhook is told beside the text
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    instant("due_at", null=False),  # waiting: the next try; sending: the end of the claim
    Column("last_error", Text, nullable=False),
    instant("created_at", null=False),
    instant("ended_at"),
    Column("exercise", Boolean, nullable=False),
    Index("ix_outbox_due", "state", "due_at"),
)

#: A still of a camera, or why there is none.
image = Table(
    "image",
    metadata,
    id_column(),  # the message's that asked for it
    reference("incident_id", "incident.id"),
    Column("camera", String(64), nullable=False),
    Column("name", Text, nullable=False),  # the camera's, then
    instant("taken_at", null=False),
    Column("path", Text, nullable=False),  # relative to the images folder; "" where there is none
    Column("sha256", String(64), nullable=True),
    Column("problem", Text, nullable=False),  # "" where all is well
)
