"""The path of an alarm: signal, incident, call."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from callflow.storage.schema.base import id_column, instant, metadata, partial, reference

#: Rows that still name a file, as the index on their age says it: among very many that don't.
KEPT_FILE = {table: text(f"{table}.path <> ''") for table in ("recording", "spoken", "image")}
_KEPT = "path <> ''"
#: Calls of no incident, as the index on their age says it.
ALONE = text("call.incident_id IS NULL")
#: Calls to operators' phones, as the index on them says it.
TO_OPERATORS = text("operator <> ''")

incident = Table(
    "incident",
    metadata,
    id_column(),
    reference("site_id", "site.id", null=True, index=False),
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
    Column("rounds", JSON, nullable=False, server_default="{}"),  # {go_to step: times taken}
    Column("grounds", String(128), nullable=True),  # what would justify a closure: STEP/OUTCOME
    Column("exercise", Boolean, nullable=False, server_default="0"),  # a rehearsal
    Column("shadow", Boolean, nullable=False, server_default="0"),  # another system acts on it
    Column("step", String(64), nullable=True),  # null: the machine has nothing more to do
    instant("step_since"),
    Column("machine", String(16), nullable=False),  # running, stopped (taken), done
    Column("with_human", Boolean, nullable=False),
    Column("human_reason", Text, nullable=False),
    instant("human_since"),
    instant("queue_due"),  # unclaimed: the desk rings; held: it comes back to the queue
    Column("queue_level", Integer, nullable=False),
    Column("holder", String(64), nullable=True),
    instant("held_since"),
    instant("parked_until"),
    Column("reminder", Text, nullable=False, server_default=""),  # why it was parked
    instant("machine_due"),
    instant("normal_due"),
    instant("due_at", index=True),  # the earliest of machine_due, normal_due, parked_until
    instant("alarm_at"),  # when what opened it was raised: opened_at, unless it came late
    instant("runaway_at"),  # its panel ran away: what else comes is only counted
    Column("storm_id", String(64), nullable=True),  # the storm that it is part of
    instant("storm_until"),  # so long the storm holds its plan, and stands for it in the queue
    instant("opened_at", null=False, index=True),
    instant("closed_at"),
    Column("resolution_code", String(32), nullable=True),
    Column("resolution_text", Text, nullable=False),
    # What somebody wants that takes a second person: {by, supervises, code, waiver, text, at, …}
    Column("wish", JSON(none_as_null=True), nullable=True),
    Column("version", Integer, nullable=False),
    Index("ix_incident_site_state", "site_id", "state"),
    Index("ix_incident_queue", "state", "with_human", "priority", "opened_at"),
    # Indexes on what few rows have: each page of an index that a commit touches is written whole.
    partial("ix_incident_queue_due", "queue_due IS NOT NULL", "state", "queue_due"),
    partial("ix_incident_storm_id", "storm_id IS NOT NULL", "storm_id"),
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
    instant("received_at", null=False, index=True),
    instant("panel_time"),
    instant("correlated_at"),
    Column("treatment", String(16), nullable=False, server_default=""),  # signal.Treatment
    Column("deferred", Boolean, nullable=False, server_default="0"),  # delivered late (D10)
    reference("incident_id", "incident.id", null=True, index=False),
    partial("ix_signal_incident_id", "incident_id IS NOT NULL", "incident_id"),
    partial("ix_signal_backlog", "correlated_at IS NULL", "rank", "number"),
)

call = Table(
    "call",
    metadata,
    id_column(),  # = the Asterisk channel id
    reference("incident_id", "incident.id", null=True),
    Column("direction", String(16), nullable=False),
    Column("dialogue", String(16), nullable=False),
    Column("step", String(64), nullable=False),
    Column("contact_id", String(64), nullable=True),
    Column("to", String(32), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("priority", Integer, nullable=False),  # 0 vital and humans, else 1-4
    Column("trunk", String(32), nullable=False),  # "" until it is placed
    Column("shadow", Boolean, nullable=False, server_default="0"),  # a stand-in's: never placed
    # Trunks that did not carry this attempt, its own included once it failed.
    Column("tried", JSON, nullable=False, server_default="[]"),
    Column("successor", String(64), nullable=True),  # the call that goes on over another trunk
    Column("node", String(32), nullable=False),
    Column("ring_time", Float, nullable=False),
    Column("state", String(16), nullable=False),
    # The dialogue's state, one commit a transition.
    Column("progress", JSON(none_as_null=True), nullable=True),
    Column("result", String(32), nullable=True),  # what the dialogue concluded, before the end
    Column("room", String(64), nullable=True),  # the conference it is in, or brings a human to
    Column("outcome", String(32), nullable=True),
    Column("detail", Text, nullable=False),
    Column("requester", Text, nullable=False, server_default=""),  # the person; "": the machine
    Column("operator", String(64), nullable=False, server_default=""),  # whose phone it rings
    Column("mode", String(16), nullable=False, server_default="talk"),  # call.Mode
    Column("held", Boolean, nullable=False, server_default="0"),  # out of its conference, music
    Column("muted", Boolean, nullable=False, server_default="0"),  # heard by nobody in it
    # Whom this operator's call is made for, asked for once it is answered: telephone.py.
    Column("wanted", JSON(none_as_null=True), nullable=True),
    # One call to a person tells of several incidents (D10): the call that speaks for this one.
    Column("leader", String(64), nullable=True),
    instant("requested_at", null=False),
    instant("placed_at"),
    instant("ringing_at"),
    instant("answered_at"),
    instant("joined_at"),  # since then in its room: who waits there does since then
    instant("announced_at"),  # when they were told last how many are before them
    instant("ended_at"),
    Index("ix_call_work", "state", "node", "priority", "requested_at"),
    partial("ix_call_trunk", "ended_at IS NOT NULL", "trunk", "ended_at"),
    partial("ix_call_leader", "leader IS NOT NULL", "leader"),
    partial("ix_call_room", "room IS NOT NULL", "room"),
    partial("ix_call_operator", TO_OPERATORS, "operator", "ended_at"),
    partial("ix_call_alone", "incident_id IS NULL", "incident_id", "ended_at"),
)

recording = Table(
    "recording",
    metadata,
    Column("call_id", String(64), ForeignKey("call.id"), primary_key=True),
    Column("path", Text, nullable=False),  # relative to the recordings folder
    Column("sha256", String(64), nullable=True),
    Column("duration", Float, nullable=True),  # seconds
    Column("problem", Text, nullable=False),  # "" where all is well
    instant("checked_at", null=False),
    partial("ix_recording_kept", _KEPT, "checked_at"),
)

#: What somebody said after a tone in a call.
spoken = Table(
    "spoken",
    metadata,
    Column("name", String(120), primary_key=True),
    reference("call_id", "call.id"),
    Column("path", Text, nullable=False),  # relative to the recordings folder
    Column("sha256", String(64), nullable=False),
    Column("duration", Float, nullable=False),  # seconds
    instant("said_at", null=False),
    Column("draft", Text, nullable=True),  # a machine's guess at the words
    instant("drafted_at"),  # it was tried, whatever came of it
    instant("settled_at"),  # whoever said it confirmed it, said it anew, or is to be called back
    partial("ix_spoken_kept", _KEPT, "said_at"),
)

call_action = Table(
    "call_action",
    metadata,
    id_column(),
    reference("call_id", "call.id"),
    Column("kind", String(16), nullable=False),
    Column("argument", String(64), nullable=False, server_default=""),
    Column("requester", Text, nullable=False),
    instant("requested_at", null=False),
    instant("expires_at", null=False),
    instant("claimed_at"),
    Column("result", Text, nullable=True),
    Index("ix_call_action_waiting", "claimed_at", "expires_at"),
)

#: An operator's act that may be taken back for some seconds (docs/explanation/ux.md, 7).
undo = Table(
    "undo",
    metadata,
    id_column(),
    Column("kind", String(16), nullable=False),  # claim, park, close
    Column("who", String(64), nullable=False, index=True),
    instant("at", null=False),
    # [{"id", "version": after the act, "before": {what it changed: its value before}}]
    Column("incidents", JSON, nullable=False),
    instant("undone_at"),
)
