"""Own holidays, files of sites that are tried; what is found among a million entries by age or
site."""

from alembic import op
from sqlalchemy import JSON, Boolean, Date, Integer, LargeBinary, String, Text, UniqueConstraint

from callflow.storage.migrations.columns import ID, INSTANT, index, of
from callflow.storage.schema.base import id_column

revision = "2026_11_30_5_logbook_site"
down_revision = "2026_11_30_1_plan_overrides"


def upgrade() -> None:
    index("call", "ix_call_alone", "incident_id", "ended_at", where="incident_id IS NULL")
    index(
        "logbook",
        "ix_logbook_uncovered",
        "incident",
        "at",
        where="incident IS NULL AND kind NOT IN"
        " ('covered', 'erased', 'purged', 'recording', 'recording_problem', 'spoken')",
    )
    index("logbook", "ix_logbook_site_at", "site", "at")
    op.create_table(
        "own_day",
        id_column(),
        *of(String(3), "country"),
        *of(String(40), "region"),
        *of(Date, "day"),
        *of(Boolean, "holiday"),
        *of(Text, "reason", "set_by"),
        *of(INSTANT, "set_at"),
        UniqueConstraint("country", "region", "day", name="uq_own_day_country"),
    )
    op.create_table(
        "site_upload",
        id_column(),
        *of(Text, "name", "said"),
        *of(ID, "who", "sha256", "digest"),
        *of(INSTANT, "at", "beat_at"),
        *of(Boolean, "remove"),
        *of(LargeBinary, "data", null=True),
        *of(String(16), "phase"),
        *of(Integer, "done", "total"),
        *of(JSON, "counts"),
        *of(String(32), "worker"),
    )
