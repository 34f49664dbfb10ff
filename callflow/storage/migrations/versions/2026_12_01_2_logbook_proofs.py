"""Entries that excuse others carry a MAC, and what is told is never refused for what is there.

Entries from before have none: they are vouched for when the station starts
(``handling/records/logbook.py: vouch_for_old``).
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_2_logbook_proofs"
down_revision = "2026_12_01_1_wish"
branch_labels = None
depends_on = None

_PEOPLE = sa.text("who <> 'callflow'")
_UNCOVERED = sa.text(
    "incident IS NULL AND kind NOT IN"
    " ('covered', 'erased', 'purged', 'vouched', 'recording', 'recording_problem', 'spoken')"
)


def upgrade() -> None:
    op.drop_index("ix_logbook_uncovered", "logbook")
    op.drop_index("ix_logbook_people", "logbook")
    with op.batch_alter_table("logbook") as batch:
        batch.drop_constraint("uq_logbook_chain_seq", type_="unique")
        batch.add_column(sa.Column("mac", sa.String(64), nullable=True))
        batch.create_index("ix_logbook_chain_seq", ["chain", "seq"])
    for name, columns, where in (
        ("ix_logbook_people", ["who", "at"], _PEOPLE),
        ("ix_logbook_uncovered", ["incident", "at"], _UNCOVERED),
    ):
        op.create_index(name, "logbook", columns, sqlite_where=where, postgresql_where=where)
