"""Plans with drafts and tasks, provisional instructions, services and verifications, several trunks
and machines, messages and stills, guard firms and measures.

A draft has a revision, so that of two who change it the second is told. A process has a row, not a
role. What the queue waits for is found without reading every open incident."""

from alembic import op
from sqlalchemy import JSON, Boolean, Integer, String, Text, false

from callflow.storage.engine import job_tables
from callflow.storage.migrations.columns import ID, INSTANT, add, index, keys, of, reference
from callflow.storage.schema.base import id_column

revision = "2026_11_26_9_queue_due"
down_revision = "2026_11_25_lines_and_supervision"


def upgrade() -> None:
    op.create_table(
        "task",
        id_column(),
        reference("incident_id", "incident.id", index=True),
        *of(ID, "step"),
        *of(String(32), "kind"),
        *of(String(16), "state"),
        *of(String(32), "outcome", null=True),
        *of(ID, "subject", default=""),
        *of(Text, "text", default=""),
        *of(JSON, "data", default="{}"),
        *of(INSTANT, "requested_at"),
        *of(INSTANT, "due_at", "ended_at", null=True),
        *of(Text, "ended_by", default=""),
    )
    index("task", "ix_task_open", "state", "due_at")
    op.create_table(
        "plan_draft",
        id_column(),
        *of(JSON, "body"),
        *of(Integer, "based_on"),
        *of(Text, "changed_by"),
        *of(INSTANT, "changed_at"),
        *of(ID, "revision", default=""),
    )
    add("plan", *of(Text, "why", "accepted_why", default=""), *of(JSON, "accepted", default="[]"))
    add(
        "incident",
        *of(JSON, "rounds", default="{}"),
        *of(String(128), "grounds", null=True),
        *of(Boolean, "exercise", default=false()),
    )
    index("incident", "ix_incident_queue_due", "state", "queue_due")
    add(
        "call",
        *of(Text, "requester", default=""),
        *of(ID, "leader", null=True),
        *of(JSON, "tried", default="[]"),
        *of(ID, "successor", null=True),
    )
    index("call", "ix_call_leader", "leader")
    index("call", "ix_call_trunk", "trunk", "ended_at")
    op.create_table(
        "instruction",
        id_column(),
        reference("site_id", "site.id"),
        *of(String(16), "kind"),
        *of(Text, "text", default=""),
        *of(ID, "plan", null=True),
        *of(JSON, "kinds", "lowers", default="[]"),
        reference("contact_id", "contact.id", null=True, index=True),
        reference("replacement_id", "contact.id", null=True, index=True),
        *of(String(32), "phone", null=True),
        *of(INSTANT, "begins_at", "made_at"),
        *of(INSTANT, "ends_at", index=True),
        *of(Text, "author"),
        reference("asked_by", "contact.id", null=True, index=True),
        *of(Text, "signer", "withdrawn_by", null=True),
        *of(INSTANT, "signed_at", "withdrawn_at", null=True),
    )
    index("instruction", "ix_instruction_site", "site_id", "ends_at")
    add("contact", *of(JSON, "availability", null=True))
    add(
        "site",
        *of(JSON, "plan_rules", "cameras", default="[]"),
        *of(String(16), "postcode", default=""),
        *of(Text, "police_agreement", default=""),
    )
    op.create_table(
        "service_line",
        id_column(),
        *of(String(16), "service", "place"),
        *of(Text, "name", "note"),
        *of(String(32), "number", index=True),
        reference("site_id", "site.id", null=True),
        *of(JSON, "hours"),
    )
    op.create_table(
        "verification",
        id_column(),
        reference("incident_id", "incident.id", index=True),
        *of(String(32), "means"),
        *of(String(16), "result", "weight"),
        *of(Text, "by", "note"),
        *of(INSTANT, "at"),
    )
    op.create_table(
        "service_call",
        id_column(),
        reference("incident_id", "incident.id", index=True),
        *of(String(16), "service"),
        *of(Text, "line_name", "requester", "override_reason"),
        *of(String(32), "number", "gate"),
        *of(INSTANT, "requested_at"),
        *of(ID, "call_id", null=True),
    )
    op.create_table(
        "service_report",
        id_column(),
        reference("incident_id", "incident.id", index=True),
        *of(String(16), "service", "answer"),
        *of(Text, "line_name", "person", "reference", "note", "by"),
        *of(Boolean, "counter_order"),
        *of(INSTANT, "said_at", "at"),
    )
    op.drop_table("process")  # each process writes its row again within two seconds
    op.create_table(
        "process",
        *keys(String(192), "name"),
        *of(String(32), "role", index=True),
        *of(String(32), "node"),
        *of(ID, "host"),
        *of(Integer, "pid", "restarts"),
        *of(JSON, "state"),
        *of(INSTANT, "since", "steady_since", "beat_at"),
    )
    job_tables.create(op.get_bind())
    op.create_table(
        "outbox",
        id_column(),
        reference("incident_id", "incident.id", index=True),
        reference("task_id", "task.id", null=True, index=True),
        *of(String(16), "channel"),
        *of(Text, "to", "subject", "body"),
        *of(JSON, "data"),
        *of(String(16), "state"),
        *of(Integer, "attempts"),
        *of(INSTANT, "due_at"),
        *of(Text, "last_error"),
        *of(INSTANT, "created_at"),
        *of(INSTANT, "ended_at", null=True),
        *of(Boolean, "exercise"),
    )
    index("outbox", "ix_outbox_due", "state", "due_at")
    op.create_table(
        "image",
        id_column(),
        reference("incident_id", "incident.id", index=True),
        *of(ID, "camera"),
        *of(Text, "name", "path", "problem"),
        *of(INSTANT, "taken_at"),
        *of(ID, "sha256", null=True),
    )
    op.create_table(
        "measure",
        id_column(),
        reference("site_id", "site.id", index=True),
        reference("incident_id", "incident.id", null=True, index=True),
        *of(String(32), "kind"),
        *of(Text, "text", "opened_by"),
        *of(INSTANT, "began_at", "ends_at"),
        *of(INSTANT, "lifted_at", null=True),
        *of(Text, "lifted_by", default=""),
    )
    op.create_table(
        "guard_firm",
        reference("contact_id", "contact.id", key=True),
        *of(ID, "licence"),
        *of(JSON, "sectors"),
        *of(Integer, "rank"),
        *of(Text, "tariff", default=""),
    )
    add("site_contact", *of(Boolean, "keys_held", default=false()))
