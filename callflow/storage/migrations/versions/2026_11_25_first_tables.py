"""The first tables: the world, the path of an alarm, the logbook, people and the station."""

from alembic import op
from sqlalchemy import JSON, Boolean, Float, Integer, LargeBinary, String, Text, UniqueConstraint

from callflow.storage.migrations.columns import ID, INSTANT, index, keys, of, reference
from callflow.storage.schema.base import id_column

revision = "2026_11_25_first_tables"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        id_column(),
        *of(ID, "token_hash", unique=True),
        *of(String(16), "role"),
        *of(Text, "name"),
        *of(INSTANT, "created_at"),
    )
    op.create_table(
        "chain_head",
        *keys(String(80), "chain"),
        *of(Integer, "seq"),
        *of(ID, "hash", "mac"),
        *of(Boolean, "sealed", index=True),
    )
    op.create_table("client", id_column(), *of(Text, "name"))
    op.create_table(
        "contact",
        id_column(),
        *of(Text, "name"),
        *of(String(8), "language"),
        *of(String(32), "phone", null=True, index=True),
        *of(ID, "code", "duress_code", null=True),
    )
    op.create_table(
        "logbook",
        *keys(Integer, "number"),
        *of(ID, "id", unique=True),
        *of(String(80), "chain"),
        *of(Integer, "seq"),
        *of(INSTANT, "at", index=True),
        *of(ID, "site", null=True),
        *of(ID, "incident", null=True, index=True),
        *of(Text, "who"),
        *of(String(32), "kind"),
        *of(Text, "text"),
        *of(JSON, "data"),
        *of(ID, "previous", "hash"),
        UniqueConstraint("chain", "seq", name="uq_logbook_chain_seq"),
    )
    op.create_table(
        "plan",
        *keys(ID, "id"),
        *keys(Integer, "version"),
        *of(JSON, "body"),
        *of(Text, "published_by"),
        *of(INSTANT, "published_at"),
    )
    op.create_table(
        "process",
        *keys(String(32), "role"),
        *of(Integer, "pid", "restarts"),
        *of(JSON, "state"),
        *of(INSTANT, "since", "beat_at"),
    )
    op.create_table(
        "seal", *keys(Integer, "number"), *of(INSTANT, "at"), *of(JSON, "heads"), *of(ID, "mac")
    )
    op.create_table("setting", *keys(ID, "name"), *of(JSON, "value"))
    op.create_table(
        "user_account",
        id_column(),
        *of(ID, "name", unique=True),
        *of(String(16), "role"),
        *of(Text, "password"),
        *of(String(8), "language"),
        *of(INSTANT, "created_at"),
    )
    op.create_table(
        "session",
        *keys(ID, "token_hash"),
        reference("user_id", "user_account.id", index=True),
        *of(ID, "csrf"),
        *of(INSTANT, "created_at", "expires_at"),
    )
    op.create_table(
        "site",
        id_column(),
        reference("client_id", "client.id", index=True),
        *of(Text, "name", "address"),
        *of(ID, "timezone"),
        *of(String(8), "language"),
        *of(String(16), "state"),
        *of(LargeBinary, "recognition_word", null=True),
        *of(JSON, "plans"),
        *of(INSTANT, "changed_at"),
    )
    op.create_table(
        "account",
        *keys(String(16), "account"),
        reference("site_id", "site.id", null=True, index=True),
        *of(LargeBinary, "dc09_key", null=True),
        *of(INSTANT, "last_heard", null=True),
        *of(Float, "skew", null=True),
    )
    op.create_table(
        "incident",
        id_column(),
        reference("site_id", "site.id", null=True, index=True),
        *of(String(16), "account", index=True),
        *of(String(16), "kind", "category"),
        *of(Integer, "priority"),
        *of(String(16), "state"),
        *of(Boolean, "confirmed", "duress"),
        *of(JSON, "zones"),
        *of(Integer, "signal_count"),
        *of(JSON, "plan"),
        *of(ID, "step", null=True),
        *of(INSTANT, "step_since", null=True),
        *of(String(16), "machine"),
        *of(Boolean, "with_human"),
        *of(Text, "human_reason"),
        *of(INSTANT, "human_since", "queue_due", null=True),
        *of(Integer, "queue_level"),
        *of(ID, "holder", null=True),
        *of(INSTANT, "held_since", "parked_until", "machine_due", "normal_due", null=True),
        *of(INSTANT, "due_at", null=True, index=True),
        *of(INSTANT, "opened_at", index=True),
        *of(INSTANT, "closed_at", null=True),
        *of(String(32), "resolution_code", null=True),
        *of(Text, "resolution_text"),
        *of(Integer, "version"),
    )
    index("incident", "ix_incident_queue", "state", "with_human", "priority", "opened_at")
    index("incident", "ix_incident_site_state", "site_id", "state")
    op.create_table(
        "site_contact",
        reference("site_id", "site.id", key=True),
        reference("contact_id", "contact.id", key=True),
        *keys(String(16), "role"),
        *of(Integer, "rank"),
        *of(JSON, "authorities"),
    )
    op.create_table(
        "call",
        id_column(),
        reference("incident_id", "incident.id", null=True, index=True),
        *of(String(16), "direction", "dialogue"),
        *of(ID, "step"),
        *of(ID, "contact_id", null=True),
        *of(String(32), "to", index=True),
        *of(Integer, "attempt", "priority"),
        *of(String(32), "trunk", "node"),
        *of(Float, "ring_time"),
        *of(String(16), "state", index=True),
        *of(JSON, "progress", null=True),
        *of(String(32), "result", null=True),
        *of(ID, "room", null=True, index=True),
        *of(String(32), "outcome", null=True),
        *of(Text, "detail"),
        *of(INSTANT, "requested_at"),
        *of(INSTANT, "due_at", "placed_at", "ringing_at", "answered_at", "ended_at", null=True),
    )
    index("call", "ix_call_work", "node", "state", "priority", "requested_at")
    op.create_table(
        "panel_user",
        reference("account", "account.account", kind=String(16), key=True),
        *keys(String(16), "number"),
        reference("contact_id", "contact.id", null=True, index=True),
        *of(String(16), "part"),
        *of(Boolean, "revoked"),
    )
    op.create_table(
        "signal",
        *keys(Integer, "number"),
        *of(ID, "id", unique=True),
        *of(String(128), "deduplication", unique=True),
        *of(String(16), "account", index=True),
        *of(String(16), "format"),
        *of(String(32), "line"),
        *of(String(16), "code", "zone", "partition", "panel_user"),
        *of(Text, "text", "raw"),
        *of(Boolean, "encrypted"),
        *of(String(16), "kind"),
        *of(Integer, "rank"),
        *of(INSTANT, "received_at", index=True),
        *of(INSTANT, "panel_time", "correlated_at", null=True),
        reference("incident_id", "incident.id", null=True, index=True),
    )
    index("signal", "ix_signal_backlog", "correlated_at", "rank", "number")
    op.create_table(
        "zone",
        reference("account", "account.account", kind=String(16), key=True),
        *keys(String(16), "zone"),
        *of(Text, "name"),
        *of(String(16), "kind", null=True),
    )
    op.create_table(
        "call_action",
        id_column(),
        reference("call_id", "call.id", index=True),
        *of(String(16), "kind"),
        *of(Text, "requester"),
        *of(INSTANT, "requested_at", "expires_at"),
        *of(INSTANT, "claimed_at", null=True),
        *of(Text, "result", null=True),
    )
    index("call_action", "ix_call_action_waiting", "claimed_at", "expires_at")
    op.create_table(
        "recording",
        reference("call_id", "call.id", key=True),
        *of(Text, "path"),
        *of(ID, "sha256", null=True),
        *of(Float, "duration", null=True),
        *of(Text, "problem"),
        *of(INSTANT, "checked_at"),
    )
