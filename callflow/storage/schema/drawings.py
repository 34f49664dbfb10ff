"""Floor plans and photographs of sites."""

from sqlalchemy import JSON, Column, Integer, LargeBinary, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

#: Where sensors are is what a burglar wants to know: the picture is encrypted (vault), and in the
#: database, where each node and each backup has it.
site_drawing = Table(
    "site_drawing",
    metadata,
    id_column(),
    reference("site_id", "site.id"),
    Column("title", Text, nullable=False),
    Column("picture", LargeBinary, nullable=False),  # JPEG, encrypted
    Column("width", Integer, nullable=False),  # pixels
    Column("height", Integer, nullable=False),
    Column("places", JSON, nullable=False),  # of zones: callflow/core/sites/drawings.py
    Column("added_by", Text, nullable=False),
    instant("added_at", null=False),
)
