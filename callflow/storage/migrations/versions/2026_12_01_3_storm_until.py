"""A storm holds its sites' plans until a time, and not for ever (D28); wishes that take two persons
(D30), the accounts that a panel's token speaks for (D31).

Entries that excuse others carry a MAC, and what is told is never refused for what is there. Entries
from before have none: they are vouched for when the station starts
(``handling/records/logbook.py: vouch_for_old``)."""

from alembic import op
from sqlalchemy import JSON

from callflow.storage.migrations.columns import ID, INSTANT, add, index, of

revision = "2026_12_01_3_storm_until"
down_revision = "2026_11_30_7_removed_part"


def upgrade() -> None:
    add("api_token", *of(JSON, "accounts", null=True))
    add("incident", *of(JSON, "wish", null=True), *of(INSTANT, "storm_until", null=True))
    op.drop_index("ix_logbook_uncovered", "logbook")
    op.drop_index("ix_logbook_people", "logbook")
    with op.batch_alter_table("logbook") as batch:
        batch.drop_constraint("uq_logbook_chain_seq", type_="unique")
    add("logbook", *of(ID, "mac", null=True))
    index("logbook", "ix_logbook_chain_seq", "chain", "seq")
    index("logbook", "ix_logbook_people", "who", "at", where="who <> 'callflow'")
    index(
        "logbook",
        "ix_logbook_uncovered",
        "incident",
        "at",
        where="incident IS NULL AND kind NOT IN"
        " ('covered', 'erased', 'purged', 'vouched', 'recording', 'recording_problem', 'spoken')",
    )
    # What an earlier version put under a storm for ever goes on now; each plan was marked done.
    op.execute(
        "UPDATE incident SET storm_until = opened_at, due_at = opened_at, machine = 'running'"
        " WHERE storm_id IS NOT NULL AND state = 'open' AND holder IS NULL"
    )
