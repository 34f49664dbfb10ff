"""What a plan's step asks of somebody, or something, other than by a phone call."""

from sqlalchemy import JSON, Column, Index, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

task = Table(
    "task",
    metadata,
    id_column(),
    reference("incident_id", "incident.id"),
    Column("step", String(64), nullable=False),
    Column("kind", String(32), nullable=False),  # the step's: call_plan.StepKind
    Column("state", String(16), nullable=False),  # callflow/core/plans/task.py
    Column("outcome", String(32), nullable=True),
    Column("subject", String(64), nullable=False, server_default=""),  # a guard firm's contact id
    Column("text", Text, nullable=False, server_default=""),
    Column("data", JSON, nullable=False, server_default="{}"),
    instant("requested_at", null=False),
    instant("due_at"),  # when it is overdue
    instant("ended_at"),
    Column("ended_by", Text, nullable=False, server_default=""),
    Index("ix_task_open", "state", "due_at"),
)
