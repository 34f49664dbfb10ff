"""The words of the logbook have an index of their own, which follows behind: nothing that is told
waits for it. It begins empty, and the engine fills it."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_7_logbook_words"
down_revision = "2026_12_02_6_subscription"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index = op.create_table(
        "logbook_index",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_logbook_index"),
    )
    assert index is not None
    op.execute(index.insert().values(id=1, position=0, generation=0))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE logbook_words USING fts5"
            "(words, columnsize=0, tokenize=\"ascii tokenchars ':'\")"
        )
        return
    op.execute("CREATE TABLE logbook_words (number bigint PRIMARY KEY, words tsvector NOT NULL)")
    op.execute(
        "CREATE INDEX ix_logbook_words ON logbook_words USING gin (words) WITH (fastupdate = off)"
    )
