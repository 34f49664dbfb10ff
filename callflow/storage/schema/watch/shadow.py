"""A station beside the system before it: sites moved over and back, days compared."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

#: A site was moved over to this station, or back.
site_move = Table(
    "site_move",
    metadata,
    id_column(),
    reference("site_id", "site.id", index=False),
    Column("lot", Text, nullable=False),
    Column("in_service", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("moved_by", Text, nullable=False),
    instant("moved_at", null=False),
    Index("ix_site_move_site", "site_id", "moved_at"),
)

#: The other system's list of some time was laid beside what we had of it.
comparison = Table(
    "comparison",
    metadata,
    id_column(),
    Column("file", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    instant("made_at", null=False),
    instant("since", null=False),
    instant("until", null=False),
    Column("compared", Integer, nullable=False),
    Column("unread", Integer, nullable=False),
    Column("counts", JSON, nullable=False),  # {core/station/comparison.py What: how many}
)

#: What of one signal was otherwise.
comparison_difference = Table(
    "comparison_difference",
    metadata,
    id_column(),
    reference("comparison_id", "comparison.id"),
    Column("what", String(16), nullable=False),
    Column("account", String(32), nullable=False),
    instant("at", null=False),
    Column("code", String(16), nullable=False),
    Column("zone", String(16), nullable=False),
    Column("theirs", Text, nullable=False),
    Column("ours", Text, nullable=False),
    Column("site", String(64), nullable=True),
    Column("incident", String(64), nullable=True),
    Column("row", Integer, nullable=True),
    Index("ix_comparison_difference_site", "site", "at"),
)
