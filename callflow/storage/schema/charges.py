"""Chargeable acts (D27) and their prices: callflow/core/records/charges.py."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

#: One act that is charged for. Never changed: what was wrong is put right by a following row.
charge = Table(
    "charge",
    metadata,
    id_column(),
    reference("site_id", "site.id", index=False),
    reference("client_id", "client.id", index=False),  # whose site it was then
    # Whose alarm it was; the charge outlives it, so nothing ties them.
    Column("incident_id", String(64), nullable=True),
    # The fact that it was made of, once: "task:<id>:sent"; ":back" of what is taken back. Null: a
    # person's.
    Column("source", String(120), nullable=True, unique=True),
    Column("kind", String(24), nullable=False),  # charges.Act
    Column("unit", String(8), nullable=False),  # charges.Unit
    Column("quantity", Integer, nullable=False),  # hundredths; negative: given back
    Column("unit_price", Integer, nullable=True),  # cents; null: no price was set
    Column("amount", Integer, nullable=True),  # cents
    Column("priced_by", String(8), nullable=False),  # charges.PricedBy
    instant("at", null=False),  # when it was done
    instant("made_at", null=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("corrects", String(64), nullable=True),  # the charge before
    Index("ix_charge_client_at", "client_id", "at"),
    Index("ix_charge_at", "at"),
    Index("ix_charge_made_at", "made_at", "id"),
)

#: What an act costs: at a site, else for its client, else at the station.
charge_price = Table(
    "charge_price",
    metadata,
    Column("kind", String(24), primary_key=True),  # charges.Act
    Column("scope", String(8), primary_key=True),  # charges.PricedBy
    Column("owner", String(64), primary_key=True),  # the site's or the client's id; "": station
    Column("price", Integer, nullable=False),  # cents a unit
    Column("included", Integer, nullable=False),  # so many units a month cost nothing
    Column("set_by", Text, nullable=False),
    instant("set_at", null=False),
)
