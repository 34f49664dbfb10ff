"""How a site's contract changed and will change, and who was called for it once (D2)."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, String, Table, Text

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
