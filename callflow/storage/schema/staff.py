"""Who works at the station, and when: shifts, roster, presence, and their telephones."""

from sqlalchemy import Column, Float, ForeignKey, Index, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

#: A person's time at the desk (*vacation*): on shift from its beginning to its end.
shift = Table(
    "shift",
    metadata,
    id_column(),
    reference("user_id", "user_account.id"),
    instant("began_at", null=False),
    instant("ended_at"),
    Column("note", Text, nullable=False, server_default=""),  # what it leaves for the next
    instant("attended_at"),  # the last sign of presence that was asked for
    instant("sound_at"),  # when the headset was checked; null: it was not
    Column("sound_fault", String(16), nullable=False, server_default=""),  # sound.Fault; "": none
    Column("sound_level", Float, nullable=True),  # of the voice, dB below full scale
    Index("ix_shift_running", "ended_at"),
)

#: The duty roster: who is to be there, or can be called, from when to when.
roster = Table(
    "roster",
    metadata,
    id_column(),
    Column("part", String(16), nullable=False),  # roster.Part
    reference("user_id", "user_account.id", null=True),  # null: somebody who has no account
    Column("name", String(64), nullable=False),
    Column("phone", String(32), nullable=True),  # E.164
    instant("begins_at", null=False),
    instant("ends_at", null=False),
    Column("made_by", Text, nullable=False),
    instant("made_at", null=False),
    Index("ix_roster_ends_at", "ends_at"),
)

#: What somebody on shift can be asked for now; one row a person.
presence = Table(
    "presence",
    metadata,
    Column("user_id", String(64), ForeignKey("user_account.id"), primary_key=True),
    Column("state", String(16), nullable=False),
    instant("since", null=False),
    instant("until"),  # a wrap-up, and a break, end by themselves
    Column("reason", String(16), nullable=False, server_default=""),  # of a break
)

#: A person's telephone: an endpoint of one node's Asterisk.
phone = Table(
    "phone",
    metadata,
    Column("name", String(32), primary_key=True),  # op-…
    reference("user_id", "user_account.id"),
    Column("kind", String(16), nullable=False),  # softphone, desk
    Column("node", String(32), nullable=False),
    Column("secret", Text, nullable=False),  # encrypted
    Column("session", String(64), nullable=True),  # a softphone's lasts as long as its session
    Column("state", String(16), nullable=False, server_default=""),  # as Asterisk says
    instant("created_at", null=False),
    instant("rendered_at"),  # since then its node's Asterisk knows it
    instant("ended_at"),
)
