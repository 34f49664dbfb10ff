"""The tables. Text ids; instants in UTC; JSON for what is only read whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant; SQLite, which has no time zones, keeps it as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone never reaches the store")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id(*args: Any) -> Column[str]:
    return Column("id", String(64), *args, primary_key=True)


def _ref(name: str, target: str, *, null: bool = False, index: bool = True) -> Column[str]:
    return Column(name, String(64), ForeignKey(target), nullable=null, index=index)


def _at(name: str, *, null: bool = True, index: bool = False) -> Column[datetime]:
    return Column(name, UtcDateTime, nullable=null, index=index)


# --- the world (D1-D4) -----------------------------------------------------------------

client = Table("client", metadata, _id(), Column("name", Text, nullable=False))

site = Table(
    "site",
    metadata,
    _id(),
    _ref("client_id", "client.id"),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False, default=""),
    Column("timezone", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("recognition_word", LargeBinary, nullable=True),  # encrypted, see vault
    Column("plans", JSON, nullable=False),  # {kind or "*": plan id}
    Column("schedule", JSON, nullable=True),  # when it is open: callflow/schedule.py
    _at("schedule_due", index=True),  # when its arming must be looked at next
    Column("rules", JSON, nullable=False, server_default="{}"),  # callflow/site.py: Rules
    _at("changed_at", null=False),
)

account = Table(
    "account",
    metadata,
    Column("account", String(16), primary_key=True),
    _ref("site_id", "site.id", null=True),
    Column("dc09_key", LargeBinary, nullable=True),  # encrypted, see vault
    _at("last_heard"),
    Column("skew", Float, nullable=True),  # seconds the panel's clock is ahead of ours
    Column("last_line", String(32), nullable=False, server_default=""),  # where it was heard
    Column("line", String(32), nullable=True),  # where it is declared to be heard
    Column("phone", String(32), nullable=True),  # the number it is declared to call from
    # How it is watched. What polls move is not indexed: it is moved too often.
    Column("poll_every", Float, nullable=True),  # seconds
    _at("poll_since"),  # since when polls are expected
    Column("silent", Boolean, nullable=False, server_default="0"),
    Column("test_every", Float, nullable=True),  # hours
    _at("test_due"),
    Column("untested", Boolean, nullable=False, server_default="0"),
    _at("arrival_due"),  # a bank opened: "arrived well" is expected by then (D18)
)

zone = Table(
    "zone",
    metadata,
    Column("account", String(16), ForeignKey("account.account"), primary_key=True),
    Column("zone", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=True),
)

contact = Table(
    "contact",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("phone", String(32), nullable=True, index=True),
    Column("code", String(64), nullable=True),  # HMAC-SHA-256, hex
    Column("duress_code", String(64), nullable=True),
)

site_contact = Table(
    "site_contact",
    metadata,
    Column("site_id", String(64), ForeignKey("site.id"), primary_key=True),
    Column("contact_id", String(64), ForeignKey("contact.id"), primary_key=True),
    Column("role", String(16), primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("authorities", JSON, nullable=False),  # {kind or "*": [authority, ...]}
)

panel_user = Table(
    "panel_user",
    metadata,
    Column("account", String(16), ForeignKey("account.account"), primary_key=True),
    Column("number", String(16), primary_key=True),
    _ref("contact_id", "contact.id", null=True),
    Column("part", String(16), nullable=False),  # person, guard, cleaner, technician, duress
    Column("revoked", Boolean, nullable=False),
)

#: Whether each partition is armed, and since when: its armed period (D6).
partition = Table(
    "partition",
    metadata,
    Column("account", String(16), ForeignKey("account.account"), primary_key=True),
    Column("partition", String(16), primary_key=True),
    Column("armed", Boolean, nullable=False),
    _at("since", null=False),
    Column("panel_user", String(16), nullable=False),
)

#: How often a zone alarmed within its armed period, and whether it is taken out (a swinger).
zone_trips = Table(
    "zone_trips",
    metadata,
    Column("account", String(16), ForeignKey("account.account"), primary_key=True),
    Column("zone", String(16), primary_key=True),
    Column("trips", Integer, nullable=False),
    _at("since", null=False),
    _at("shunted_at"),
)

#: What a code means at one site, or at one of its zones, where an administrator says otherwise.
event_override = Table(
    "event_override",
    metadata,
    Column("site_id", String(64), ForeignKey("site.id"), primary_key=True),
    Column("code", String(16), primary_key=True),
    Column("zone", String(16), primary_key=True),  # "": any
    Column("kind", String(16), nullable=True),
    Column("category", String(16), nullable=True),
    Column("priority", Integer, nullable=True),
    Column("opens", Boolean, nullable=True),
)

#: A site, or some of its zones, on test (D17).
on_test = Table(
    "on_test",
    metadata,
    _id(),
    _ref("site_id", "site.id"),
    Column("zones", JSON, nullable=True),  # [zone, ...]; null: all, but for what stays live
    Column("reason", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    _ref("contact_id", "contact.id", null=True, index=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("extensions", Integer, nullable=False),
    _at("ended_at"),
    Column("ended_by", Text, nullable=True),
    Index("ix_on_test_running", "ended_at", "ends_at"),
)

plan = Table(
    "plan",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", JSON, nullable=False),
    Column("published_by", Text, nullable=False),
    _at("published_at", null=False),
)

# --- the path of an alarm --------------------------------------------------------------

incident = Table(
    "incident",
    metadata,
    _id(),
    _ref("site_id", "site.id", null=True),
    Column("account", String(16), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("category", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("duress", Boolean, nullable=False),
    Column("zones", JSON, nullable=False),  # {zone: "alarm" or "restored"}
    Column("signal_count", Integer, nullable=False),
    Column("plan", JSON, nullable=False),  # frozen (invariant 7)
    Column("step", String(64), nullable=True),  # null: the machine has nothing more to do
    _at("step_since"),
    Column("machine", String(16), nullable=False),  # running, stopped (taken), done
    Column("with_human", Boolean, nullable=False),
    Column("human_reason", Text, nullable=False),
    _at("human_since"),
    _at("queue_due"),  # unclaimed: the desk rings; held: it comes back to the queue
    Column("queue_level", Integer, nullable=False),
    Column("holder", String(64), nullable=True),
    _at("held_since"),
    _at("parked_until"),
    _at("machine_due"),
    _at("normal_due"),
    _at("due_at", index=True),  # the earliest of machine_due, normal_due, parked_until
    _at("alarm_at"),  # when what opened it was raised: opened_at, unless it came late
    _at("runaway_at"),  # its panel ran away: what else comes is only counted
    Column("storm_id", String(64), nullable=True, index=True),  # the storm that it is part of
    _at("opened_at", null=False, index=True),
    _at("closed_at"),
    Column("resolution_code", String(32), nullable=True),
    Column("resolution_text", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_incident_site_state", "site_id", "state"),
    Index("ix_incident_queue", "state", "with_human", "priority", "opened_at"),
)

signal = Table(
    "signal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("deduplication", String(128), nullable=False, unique=True),
    Column("account", String(16), nullable=False, index=True),
    Column("format", String(16), nullable=False),
    Column("line", String(32), nullable=False),
    Column("code", String(16), nullable=False),
    Column("zone", String(16), nullable=False),
    Column("partition", String(16), nullable=False),
    Column("panel_user", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("caller", String(32), nullable=False, server_default=""),
    Column("extra", Text, nullable=False, server_default=""),
    Column("encrypted", Boolean, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("rank", Integer, nullable=False),  # 0 vital, 1 opens an incident, 2 the rest
    _at("received_at", null=False, index=True),
    _at("panel_time"),
    _at("correlated_at"),
    Column("treatment", String(16), nullable=False, server_default=""),  # signal.Treatment
    Column("deferred", Boolean, nullable=False, server_default="0"),  # delivered late (D10)
    _ref("incident_id", "incident.id", null=True),
    Index("ix_signal_backlog", "correlated_at", "rank", "number"),
)

call = Table(
    "call",
    metadata,
    _id(),  # = the Asterisk channel id
    _ref("incident_id", "incident.id", null=True),
    Column("direction", String(16), nullable=False),
    Column("dialogue", String(16), nullable=False),
    Column("step", String(64), nullable=False),
    Column("contact_id", String(64), nullable=True),
    Column("to", String(32), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("priority", Integer, nullable=False),  # 0 vital and humans, else 1-4
    Column("trunk", String(32), nullable=False),
    Column("node", String(32), nullable=False),
    Column("ring_time", Float, nullable=False),
    Column("state", String(16), nullable=False),
    Column("progress", JSON, nullable=True),  # the dialogue's state, one commit a transition
    Column("result", String(32), nullable=True),  # what the dialogue concluded, before the end
    Column("room", String(64), nullable=True),  # the conference it is in, or brings a human to
    Column("outcome", String(32), nullable=True),
    Column("detail", Text, nullable=False),
    _at("requested_at", null=False),
    _at("due_at"),
    _at("placed_at"),
    _at("ringing_at"),
    _at("answered_at"),
    _at("ended_at"),
    Index("ix_call_work", "node", "state", "priority", "requested_at"),
    Index("ix_call_state", "state"),
    Index("ix_call_room", "room"),
)

recording = Table(
    "recording",
    metadata,
    Column("call_id", String(64), ForeignKey("call.id"), primary_key=True),
    Column("path", Text, nullable=False),  # relative to the recordings folder
    Column("sha256", String(64), nullable=True),
    Column("duration", Float, nullable=True),  # seconds
    Column("problem", Text, nullable=False),  # "" where all is well
    _at("checked_at", null=False),
)

call_action = Table(
    "call_action",
    metadata,
    _id(),
    _ref("call_id", "call.id"),
    Column("kind", String(16), nullable=False),
    Column("requester", Text, nullable=False),
    _at("requested_at", null=False),
    _at("expires_at", null=False),
    _at("claimed_at"),
    Column("result", Text, nullable=True),
    Index("ix_call_action_waiting", "claimed_at", "expires_at"),
)

# --- the logbook (invariant 6) ---------------------------------------------------------

logbook = Table(
    "logbook",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("chain", String(80), nullable=False),
    Column("seq", Integer, nullable=False),
    _at("at", null=False, index=True),
    Column("site", String(64), nullable=True),
    Column("incident", String(64), nullable=True, index=True),
    Column("who", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("chain", "seq", name="uq_logbook_chain_seq"),
)

chain_head = Table(
    "chain_head",
    metadata,
    Column("chain", String(80), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("mac", String(64), nullable=False),
    Column("sealed", Boolean, nullable=False, index=True),
)

seal = Table(
    "seal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    _at("at", null=False),
    Column("heads", JSON, nullable=False),  # [[chain, seq, hash], ...] changed since the last
    Column("mac", String(64), nullable=False),  # covers the previous seal's mac too
)

# --- people and the station ------------------------------------------------------------

user = Table(
    "user_account",
    metadata,
    _id(),
    Column("name", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("password", Text, nullable=False),  # argon2
    Column("language", String(8), nullable=False),
    _at("created_at", null=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    _ref("user_id", "user_account.id"),
    Column("csrf", String(64), nullable=False),
    _at("created_at", null=False),
    _at("expires_at", null=False),
)

api_token = Table(
    "api_token",
    metadata,
    _id(),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("name", Text, nullable=False),
    _at("created_at", null=False),
)

setting = Table(
    "setting",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)

process = Table(
    "process",
    metadata,
    Column("role", String(32), primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("restarts", Integer, nullable=False),
    Column("state", JSON, nullable=False),
    _at("since", null=False),
    _at("beat_at", null=False),
)
