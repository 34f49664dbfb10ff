"""Files that somebody sent, while they are tried: where every web process sees them; and which of
their columns are which."""

from sqlalchemy import JSON, Boolean, Column, Integer, LargeBinary, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata

#: A file of sites (callflow/core/sites/files/upload.py), for an hour at most.
site_upload = Table(
    "site_upload",
    metadata,
    id_column(),
    Column("name", Text, nullable=False),
    Column("who", String(64), nullable=False),  # who sent it: nobody else sees it
    instant("at", null=False),
    Column("sha256", String(64), nullable=False),
    Column("remove", Boolean, nullable=False),
    Column("data", LargeBinary, nullable=True),  # packed, encrypted; null: nobody needs it any more
    Column("phase", String(16), nullable=False),
    Column("done", Integer, nullable=False),  # of ``total``: sites/files/upload.py
    Column("total", Integer, nullable=False),
    Column("said", Text, nullable=False),  # why it was not written
    Column("digest", String(64), nullable=False),  # of what was shown
    Column("mapping", String(64), nullable=False, server_default=""),
    Column("valid", Boolean, nullable=False, server_default="0"),
    Column("counts", JSON, nullable=False),  # of what was shown: {} before it is
    Column("worker", String(32), nullable=False),  # the web process that works on it, or did last
    instant("beat_at", null=False),  # when it said so last
)

#: How another system's tables are ours (callflow/core/sites/files/mapping.py).
file_mapping = Table(
    "file_mapping",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("body", JSON, nullable=False),
    Column("changed_by", String(64), nullable=False),
    instant("changed_at", null=False),
)
