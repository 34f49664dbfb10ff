"""What is told by mail, SMS or webhook, and the stills and clips of an incident."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, partial, reference

_KEPT = "path <> ''"

#: One message to one address, written before it is sent (callflow/core/messages/outbox.py).
outbox = Table(
    "outbox",
    metadata,
    id_column(),  # the far end sees it: Message-ID, Idempotency-Key
    reference("incident_id", "incident.id", null=True),
    reference("site_id", "site.id", null=True, index=False),  # whose, where no incident is
    reference("task_id", "task.id", null=True),  # the step that waits for it
    Column("channel", String(16), nullable=False),
    Column("to", Text, nullable=False),  # of channel images: the camera's id, "" for a link
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    # What a webhook is told beside the text; of channel images: what to take (outbox.Take).
    Column("data", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    instant("due_at", null=False),  # waiting: the next try; sending: the end of the claim
    Column("last_error", Text, nullable=False),
    instant("created_at", null=False),
    instant("ended_at"),
    Column("exercise", Boolean, nullable=False),
    Column("document_id", String(64), nullable=True),  # what goes with it; it may be gone since
    Index("ix_outbox_due", "state", "due_at"),
)

#: What the far end, or who stamped it, said of a message (callflow/core/messages/proof.py).
proof = Table(
    "proof",
    metadata,
    id_column(),
    reference("message_id", "outbox.id"),
    reference("incident_id", "incident.id", null=True),
    instant("at", null=False),
    Column("stage", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("reference", String(200), nullable=False),  # what the far end calls it
    Column("who", Text, nullable=False),
    partial("ix_proof_reference", "reference <> ''", "reference"),
)

#: A still or a clip, of a camera or of a link in a signal, or why there is none.
image = Table(
    "image",
    metadata,
    id_column(),  # the message's that asked for it
    reference("incident_id", "incident.id"),
    Column("camera", String(64), nullable=False),  # its id; "": a link's
    Column("name", Text, nullable=False),  # the camera's, then; a link's host
    Column("take", String(8), nullable=False, server_default="still"),  # outbox.Take
    Column("link", Text, nullable=False, server_default=""),
    instant("taken_at", null=False),
    instant("begins_at"),  # of a clip: what it shows
    instant("ends_at"),
    Column("path", Text, nullable=False),  # relative to the images folder; "" where there is none
    Column("sha256", String(64), nullable=True),
    Column("problem", Text, nullable=False),  # outbox.Fault; "" where all is well
    Column("detail", Text, nullable=False, server_default=""),  # of the problem
    partial("ix_image_kept", _KEPT, "taken_at"),
)

#: A program that is told of every event (callflow/core/messages/subscriptions.py).
subscription = Table(
    "subscription",
    metadata,
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),  # encrypted
    Column("kinds", JSON, nullable=False),  # []: all
    Column("sites", JSON, nullable=False),
    Column("inside", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("position", Integer, nullable=False),
    Column("replayed_to", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    instant("created_at", null=False),
    Column("created_by", Text, nullable=False),
    instant("delivered_at"),
    instant("failing_since"),
    instant("told_at"),
    Column("last_error", Text, nullable=False),
)

#: A site of which something is not delivered yet: what follows waits behind it.
subscription_lane = Table(
    "subscription_lane",
    metadata,
    Column("subscription_id", String(64), ForeignKey("subscription.id"), primary_key=True),
    Column("site", String(64), primary_key=True),  # "": of none
    Column("number", Integer, nullable=False),
    instant("since", null=False),
    instant("due_at", null=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
)
