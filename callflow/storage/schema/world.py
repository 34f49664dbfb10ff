"""The world that signals come from: clients, sites, accounts, zones, contacts (D1-D4)."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from callflow.storage.schema.base import (
    UtcDateTime,
    id_column,
    instant,
    metadata,
    partial,
    reference,
)

client = Table("client", metadata, id_column(), Column("name", Text, nullable=False))

site = Table(
    "site",
    metadata,
    id_column(),
    reference("client_id", "client.id"),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False, default=""),
    Column("postcode", String(16), nullable=False, server_default=""),  # which services (D23)
    Column("latitude", Float, nullable=True),  # degrees (WGS 84), both or neither: where maps
    Column("longitude", Float, nullable=True),  # show it
    # The prefect's local agreement that may stand for a verification: its reference.
    Column("police_agreement", Text, nullable=False, server_default=""),
    Column("timezone", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    instant("state_since"),  # null: since before that was kept
    instant("shadow_since"),  # another system acts for it; null: this one does
    Column("recognition_word", LargeBinary, nullable=True),  # encrypted, see vault
    Column("password", LargeBinary, nullable=True),  # spoken (D14); encrypted
    Column("duress_password", LargeBinary, nullable=True),
    Column("plans", JSON, nullable=False),  # {kind or "*": plan id}
    # Which plan by time, arming, kind and zone: callflow/core/plans/choice.py; looked at before
    # `plans`.
    Column("plan_rules", JSON, nullable=False, server_default="[]"),
    # {plan: {step: {setting: value}}}: what it has otherwise, callflow/core/plans/overrides.py
    Column("plan_overrides", JSON, nullable=False, server_default="{}"),
    Column("schedule", JSON, nullable=True),  # when it is open: callflow/core/sites/schedule.py
    instant("schedule_due", index=True),  # when its arming must be looked at next
    Column(
        "rules", JSON, nullable=False, server_default="{}"
    ),  # callflow/core/sites/site.py: Rules
    Column("cameras", JSON, nullable=False, server_default="[]"),  # handling/sites/cameras.py
    instant("changed_at", null=False),
)

account = Table(
    "account",
    metadata,
    Column("account", String(16), primary_key=True),
    reference("site_id", "site.id", null=True),
    Column("dc09_key", LargeBinary, nullable=True),  # encrypted, see vault
    instant("last_heard"),
    Column("skew", Float, nullable=True),  # seconds the panel's clock is ahead of ours
    Column("last_line", String(32), nullable=False, server_default=""),  # where it was heard
    Column("line", String(32), nullable=True),  # where it is declared to be heard
    Column("phone", String(32), nullable=True),  # the number it is declared to call from
    Column("maker", String(40), nullable=True),  # of its panel
    # How it is watched. What polls move is not indexed: it is moved too often.
    Column("poll_every", Float, nullable=True),  # seconds
    instant("poll_since"),  # since when polls are expected
    Column("silent", Boolean, nullable=False, server_default="0"),
    Column("test_every", Float, nullable=True),  # hours
    instant("test_due"),
    Column("untested", Boolean, nullable=False, server_default="0"),
    instant("arrival_due"),  # a bank opened: "arrived well" is expected by then (D18)
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
    id_column(),
    Column("name", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("phone", String(32), nullable=True, index=True),
    Column("fax", String(32), nullable=True),  # E.164: a machine, called for documents alone
    Column("code", String(64), nullable=True),  # HMAC-SHA-256, hex
    Column("duress_code", String(64), nullable=True),
    Column("password", LargeBinary, nullable=True),  # spoken (D14); encrypted, see vault
    Column("duress_password", LargeBinary, nullable=True),
    Column("availability", JSON, nullable=True),  # callflow/core/time/availability.py; null: always
    partial("ix_contact_fax", "fax IS NOT NULL", "fax"),
)

site_contact = Table(
    "site_contact",
    metadata,
    Column("site_id", String(64), ForeignKey("site.id"), primary_key=True),
    Column("contact_id", String(64), ForeignKey("contact.id"), primary_key=True, index=True),
    Column("role", String(16), primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("authorities", JSON, nullable=False),  # {kind or "*": [authority, ...]}
    Column("keys_held", Boolean, nullable=False, server_default="0"),
)

panel_user = Table(
    "panel_user",
    metadata,
    Column("account", String(16), ForeignKey("account.account"), primary_key=True),
    Column("number", String(16), primary_key=True),
    reference("contact_id", "contact.id", null=True),
    Column("part", String(16), nullable=False),  # person, guard, cleaner, technician, duress
    Column("revoked", Boolean, nullable=False),
)

#: Each partition, armed or not, and since when: its armed period (D6).
partition = Table(
    "partition",
    metadata,
    Column("account", String(16), ForeignKey("account.account"), primary_key=True),
    Column("partition", String(16), primary_key=True),
    Column("armed", Boolean, nullable=False),
    instant("since", null=False),
    Column("panel_user", String(16), nullable=False),
)

#: How often a zone alarmed within its armed period, and whether it is taken out (a swinger).
zone_trips = Table(
    "zone_trips",
    metadata,
    Column("account", String(16), ForeignKey("account.account"), primary_key=True),
    Column("zone", String(16), primary_key=True),
    Column("trips", Integer, nullable=False),
    instant("since", null=False),
    instant("shunted_at"),
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

#: What a code means at every site of the station, instead of the event table.
event_rule = Table(
    "event_rule",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("kind", String(16), nullable=True),
    Column("category", String(16), nullable=True),
    Column("priority", Integer, nullable=True),
    Column("opens", Boolean, nullable=True),
    Column("set_by", Text, nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)

#: What the station says of a day in a place, whatever its public holidays:
#: callflow/core/time/holidays.py.
own_day = Table(
    "own_day",
    metadata,
    id_column(),
    Column("country", String(3), nullable=False),
    Column("region", String(40), nullable=False),  # empty: the whole country
    Column("day", Date, nullable=False),
    Column("holiday", Boolean, nullable=False),  # it is one there, or none
    Column("reason", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    instant("set_at", null=False),
    UniqueConstraint("country", "region", "day"),
)

#: A site, or some of its zones, on test (D17).
on_test = Table(
    "on_test",
    metadata,
    id_column(),
    reference("site_id", "site.id"),
    Column("zones", JSON, nullable=True),  # [zone, ...]; null: all, but for what stays live
    Column("reason", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    reference("contact_id", "contact.id", null=True, index=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("extensions", Integer, nullable=False),
    instant("ended_at"),
    Column("ended_by", Text, nullable=True),
    Index("ix_on_test_running", "ended_at", "ends_at"),
)

#: A wrong code that somebody typed on the phone: callflow/core/callers/guessing.py. Without a
#: site: the account that was typed is none of ours.
code_guess = Table(
    "code_guess",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("site_id", String(64), nullable=True),
    Column("caller", String(32), nullable=False),
    Column("worth", Float, nullable=False),
    instant("at", null=False, index=True),
    Index("ix_code_guess_site", "site_id", "at"),
    Index("ix_code_guess_caller", "caller", "at"),
)
