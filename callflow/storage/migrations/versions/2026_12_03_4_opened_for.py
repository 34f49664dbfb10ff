"""The end of an alarm: measures with firm, rate and reports, charges, proofs, documents, what a
site is left with (mission 5.1 to 5.4), evidence files; statistics, subscriptions, monthly reports,
letters, mnemonics, fax machines.

Indexes on what few rows have are on those only: each page of an index that a commit touches is
written whole. The words of the logbook have an index of their own, which begins empty; the engine
fills it, and derives statistics, when it is idle."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Boolean, Integer, SmallInteger, String, Text

from callflow.storage.migrations.columns import ID, INSTANT, add, index, keys, of, reference
from callflow.storage.schema.base import id_column

revision = "2026_12_03_4_opened_for"
down_revision = "2026_12_01_3_storm_until"

#: What an alarm tells each time, and nobody looks for by its kind.
_COMMON = (
    "signal step call_requested call_placed call_answered call_result call_ended"
    " incident_opened human closed filed awaiting_normal covered"
)
_RARE = " AND ".join(f"kind <> '{kind}'" for kind in _COMMON.split())


def upgrade() -> None:
    op.drop_column("call", "due_at")  # nobody read it: its incident's says it
    op.drop_index("ix_incident_site_id", "incident")  # ix_incident_site_state begins with it
    op.drop_index("ix_logbook_incident", "logbook")  # its chain has its name
    op.drop_index("ix_call_state", "call")
    op.drop_index("ix_call_work", "call")
    index("call", "ix_call_work", "state", "node", "priority", "requested_at")
    for name, table, where, *columns in (
        ("ix_incident_queue_due", "incident", "queue_due IS NOT NULL", "state", "queue_due"),
        ("ix_incident_storm_id", "incident", "storm_id IS NOT NULL", "storm_id"),
        ("ix_signal_incident_id", "signal", "incident_id IS NOT NULL", "incident_id"),
        ("ix_signal_backlog", "signal", "correlated_at IS NULL", "rank", "number"),
        ("ix_call_trunk", "call", "ended_at IS NOT NULL", "trunk", "ended_at"),
        ("ix_call_leader", "call", "leader IS NOT NULL", "leader"),
        ("ix_call_room", "call", "room IS NOT NULL", "room"),
        ("ix_call_operator", "call", "operator <> ''", "operator", "ended_at"),
        ("ix_logbook_kind_at", "logbook", _RARE, "kind", "at"),
    ):
        op.drop_index(name, table)
        index(table, name, *columns, where=where)
    add(
        "measure",
        *of(ID, "firm_id", "opened_for", null=True),
        *of(Integer, "rate", null=True),
        *of(Integer, "report_every", default="0"),
        *of(INSTANT, "report_due", null=True),
        *of(String(16), "ends_when", null=True),
    )
    index("measure", "ix_measure_running", "ends_at", where="lifted_at IS NULL")
    index("measure", "ix_measure_opened_for", "opened_for")
    op.create_table(
        "measure_report",
        id_column(),
        reference("measure_id", "measure.id", index=True),
        *of(INSTANT, "at"),
        *of(Text, "by", "text"),
    )
    op.create_table(
        "calendar_feed",
        id_column(),
        *of(Text, "name", "made_by"),
        *of(ID, "token_hash", unique=True),
        reference("client_id", "client.id", null=True),
        reference("firm_id", "contact.id", null=True),
        *of(String(8), "language"),
        *of(INSTANT, "made_at"),
        *of(INSTANT, "read_at", "revoked_at", null=True),
        *of(Text, "revoked_by", default=""),
    )
    op.create_table(
        "charge",
        id_column(),
        reference("site_id", "site.id"),
        reference("client_id", "client.id"),
        *of(ID, "incident_id", "corrects", null=True),
        *of(String(120), "source", null=True, unique=True),
        *of(String(24), "kind"),
        *of(String(8), "unit", "priced_by"),
        *of(Integer, "quantity"),
        *of(Integer, "unit_price", "amount", null=True),
        *of(INSTANT, "at", index=True),
        *of(INSTANT, "made_at"),
        *of(Text, "by", "why"),
    )
    index("charge", "ix_charge_client_at", "client_id", "at")
    index("charge", "ix_charge_made_at", "made_at", "id")
    op.create_table(
        "charge_price",
        *keys(String(24), "kind"),
        *keys(String(8), "scope"),
        *keys(ID, "owner"),
        *of(Integer, "price", "included"),
        *of(Text, "set_by"),
        *of(INSTANT, "set_at"),
    )
    add("outbox", *of(ID, "document_id", null=True))
    op.create_table(
        "proof",
        id_column(),
        reference("message_id", "outbox.id", index=True),
        reference("incident_id", "incident.id", null=True, index=True),
        *of(INSTANT, "at"),
        *of(String(16), "stage"),
        *of(Text, "text", "who"),
        *of(String(200), "reference"),
    )
    index("proof", "ix_proof_reference", "reference", where="reference <> ''")
    op.create_table(
        "document",
        id_column(),
        reference("incident_id", "incident.id", null=True, index=True),
        reference("site_id", "site.id", null=True, index=True),
        *of(String(16), "kind"),
        *of(String(8), "language"),
        *of(Text, "name", "path", "made_by"),
        *of(ID, "sha256", null=True),
        *of(Integer, "size"),
        *of(Integer, "stills", default="0"),
        *of(INSTANT, "made_at"),
    )
    index("document", "ix_document_kept", "made_at", where="path <> ''")
    op.create_table(
        "bypass",
        *keys(String(16), "account", "zone"),
        reference("site_id", "site.id", index=True),
        *of(INSTANT, "since"),
        *of(String(16), "panel_user"),
    )
    op.create_table(
        "promise",
        id_column(),
        reference("incident_id", "incident.id", index=True),
        *of(String(16), "kind"),
        *of(Text, "text", "who", "noted_by"),
        *of(INSTANT, "at"),
        *of(INSTANT, "due_at", "ended_at", null=True),
        *of(Text, "ended_by", "ended_because", default=""),
    )
    op.create_table(
        "signature",
        id_column(),
        reference("incident_id", "incident.id", index=True),
        *of(String(32), "what"),
        *of(Text, "name", "by", "identity", "reason"),
        *of(Integer, "signals"),
        *of(Boolean, "supervises"),
        *of(INSTANT, "at"),
        *of(Text, "second", "second_reason", default=""),
        *of(INSTANT, "signed_at", null=True),
    )
    op.create_table(
        "fault",
        id_column(),
        reference("site_id", "site.id", index=True),
        reference("incident_id", "incident.id", null=True, index=True),
        *of(String(16), "account", "zone"),
        *of(Text, "text", "opened_by"),
        *of(Text, "cause", "quote", "ended_by", "ended_because", "mail", default=""),
        *of(ID, "firm_id", null=True),
        *of(INSTANT, "quoted_at", "appointment_at", "remind_at", "ended_at", null=True),
        *of(INSTANT, "began_at"),
        *of(Integer, "reminders", default="0"),
    )
    index("fault", "ix_fault_open", "ended_at", "remind_at")
    index("fault", "ix_fault_appointment", "appointment_at", where="appointment_at IS NOT NULL")
    add("account", *of(String(40), "maker", null=True))
    op.create_table(
        "incident_figure",
        *keys(ID, "incident_id"),
        *of(Integer, "day", index=True),
        *of(SmallInteger, "hour"),
        *of(Boolean, "urgent", "unfounded"),
        *of(
            BigInteger,
            "shown_ms",
            "claimed_ms",
            "called_ms",
            "acted_ms",
            "verified_ms",
            "closed_ms",
            "machine_ms",
            "human_ms",
            null=True,
        ),
        *of(String(16), "kind", "category", "account", "zone"),
        *of(ID, "site_id", "operator"),
        *of(String(32), "resolution"),
    )
    index("incident_figure", "ix_incident_figure_site_id", "site_id", "day")
    op.create_table(
        "operator_figure",
        *keys(ID, "incident_id", "operator"),
        *of(Integer, "day", index=True),
        *of(SmallInteger, "hour"),
        *of(String(16), "category"),
        *of(BigInteger, "held_ms"),
        *of(Integer, "taken", "closed"),
    )
    op.create_table(
        "trunk_figure",
        *keys(Integer, "since"),
        *keys(String(32), "trunk", "outcome"),
        *of(Integer, "day", index=True),
        *of(SmallInteger, "hour"),
        *of(Integer, "calls", "answered"),
        *of(BigInteger, "waited_ms"),
    )
    op.create_table(
        "follower",
        *keys(String(32), "name"),
        *of(BigInteger, "entry"),
        *of(ID, "incident", null=True),
        *of(Integer, "hour"),
        *of(INSTANT, "at"),
    )
    op.create_table(
        "subscription",
        id_column(),
        *of(Text, "name", unique=True),
        *of(Text, "url", "secret", "created_by", "last_error"),
        *of(JSON, "kinds", "sites"),
        *of(Boolean, "inside"),
        *of(String(16), "state"),
        *of(Integer, "position", "replayed_to", "revision"),
        *of(INSTANT, "created_at"),
        *of(INSTANT, "delivered_at", "failing_since", "told_at", null=True),
    )
    op.create_table(
        "subscription_lane",
        reference("subscription_id", "subscription.id", key=True),
        *keys(ID, "site"),
        *of(Integer, "number", "attempts"),
        *of(INSTANT, "since", "due_at"),
        *of(Text, "last_error"),
    )
    op.create_table(
        "logbook_index",
        *keys(Integer, "id"),
        *of(BigInteger, "position"),
        *of(Integer, "generation"),
    )
    op.execute("INSERT INTO logbook_index (id, position, generation) VALUES (1, 0, 0)")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE logbook_words USING fts5"
            "(words, columnsize=0, tokenize=\"ascii tokenchars ':'\")"
        )
    else:
        op.execute(
            "CREATE TABLE logbook_words (number bigint PRIMARY KEY, words tsvector NOT NULL)"
        )
        op.execute(
            "CREATE INDEX ix_logbook_words ON logbook_words USING gin (words)"
            " WITH (fastupdate = off)"
        )
    op.create_table(
        "disclosure",
        id_column(),
        *of(ID, "incident_id", index=True),
        *of(String(16), "requester"),
        *of(Text, "name", "reason", "reference", "asked_by"),
        *of(String(8), "recordings", "images"),
        *of(JSON, "also", "words"),
        *of(INSTANT, "asked_at", index=True),
        *of(INSTANT, "made_at", null=True),
        *of(BigInteger, "size", null=True),
        *of(ID, "sha256", null=True),
        *of(Integer, "masked", "left_out", null=True),
        *of(Boolean, "stamped"),
    )
    add("contact", *of(String(32), "fax", null=True))
    index("contact", "ix_contact_fax", "fax", where="fax IS NOT NULL")
    add("service_line", *of(String(32), "fax", null=True))
    op.create_table(
        "report_subscription",
        id_column(),
        *of(String(16), "subject"),
        *of(ID, "subject_id"),
        *of(Text, "to", "made_by"),
        *of(String(8), "language"),
        *of(INSTANT, "made_at"),
    )
    op.create_table(
        "monthly_report",
        *keys(ID, "subscription_id"),
        *keys(Integer, "month"),
        *of(ID, "document_id", null=True),
        *of(Text, "problem"),
        *of(INSTANT, "made_at"),
    )
    op.create_table(
        "letter",
        *keys(String(40), "id"),
        *of(Text, "subject", "body", "set_by"),
        *of(INSTANT, "set_at"),
    )
    op.create_table("mnemonic", *keys(String(8), "code"), *of(Text, "text"), *of(JSON, "kinds"))
    op.execute("UPDATE measure SET opened_for = incident_id")
