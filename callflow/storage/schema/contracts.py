"""How a site's contract changed and will change, who was called for it once, and what it had
(D2)."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

#: A change of a contract: to be made at ``effective_at``, made at ``done_at``, or dropped.
contract_change = Table(
    "contract_change",
    metadata,
    id_column(),
    reference("site_id", "site.id", index=False),
    Column("state", String(16), nullable=False),  # site.SiteState
    Column("reason", Text, nullable=False),
    instant("effective_at", null=False),
    Column("made_by", Text, nullable=False),
    instant("made_at", null=False),
    instant("done_at"),
    Column("dropped_by", Text, nullable=True),
    Index("ix_contract_change_site", "site_id", "effective_at"),
    Index("ix_contract_change_due", "done_at", "effective_at"),
)

#: Somebody who is called for a site no more, in the part they had.
former_contact = Table(
    "former_contact",
    metadata,
    id_column(),
    reference("site_id", "site.id"),
    reference("contact_id", "contact.id"),
    Column("role", String(16), nullable=False),
    Column("authorities", JSON, nullable=False),
    Column("keys_held", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("closed_by", Text, nullable=False),
    instant("closed_at", null=False),
    instant("restored_at"),
)

#: What was taken away from a site and may come back: callflow/handling/sites/removed.py.
removed_part = Table(
    "removed_part",
    metadata,
    id_column(),
    reference("site_id", "site.id"),
    Column("part", String(16), nullable=False),
    Column("known_by", Text, nullable=False),  # an account's is its number
    Column("place", Integer, nullable=False),  # among those of its part, the first is 0
    Column("item", JSON, nullable=False),  # as PUT takes it
    Column("secret", LargeBinary, nullable=True),  # its key or password; encrypted, see vault
    Column("reason", Text, nullable=False),
    Column("removed_by", Text, nullable=False),
    instant("removed_at", null=False),
    Index("ix_removed_part_known_by", "part", "known_by"),
)
