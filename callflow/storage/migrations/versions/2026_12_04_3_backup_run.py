"""A site may run in the shadow of the system before; organs, mappings of another system's files,
backups and drills."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Boolean, DateTime, Integer, String, Text, false

from callflow.storage.migrations.columns import ID, INSTANT, add, index, keys, of, reference
from callflow.storage.schema.base import id_column

revision = "2026_12_04_3_backup_run"
down_revision = "2026_12_03_4_opened_for"


def upgrade() -> None:
    op.create_table(
        "organ", *keys(String(256), "key"), *of(String(16), "state"), *of(INSTANT, "since")
    )
    op.create_table(
        "file_mapping",
        *keys(ID, "name"),
        *of(JSON, "body"),
        *of(ID, "changed_by"),
        *of(DateTime(timezone=True), "changed_at"),
    )
    add("site_upload", *of(ID, "mapping", default=""), *of(Boolean, "valid", default="0"))
    add("incident", *of(Boolean, "shadow", default=false()))
    add("call", *of(Boolean, "shadow", default=false()))
    add("site", *of(INSTANT, "shadow_since", null=True))
    op.create_table(
        "site_move",
        id_column(),
        reference("site_id", "site.id"),
        *of(Text, "lot", "reason", "moved_by"),
        *of(Boolean, "in_service"),
        *of(INSTANT, "moved_at"),
    )
    index("site_move", "ix_site_move_site", "site_id", "moved_at")
    op.create_table(
        "comparison",
        id_column(),
        *of(Text, "file", "made_by"),
        *of(INSTANT, "made_at", "since", "until"),
        *of(Integer, "compared", "unread"),
        *of(JSON, "counts"),
    )
    op.create_table(
        "comparison_difference",
        id_column(),
        reference("comparison_id", "comparison.id", index=True),
        *of(String(16), "what", "code", "zone"),
        *of(String(32), "account"),
        *of(INSTANT, "at"),
        *of(Text, "theirs", "ours"),
        *of(ID, "site", "incident", null=True),
        *of(Integer, "row", null=True),
    )
    index("comparison_difference", "ix_comparison_difference_site", "site", "at")
    op.create_table(
        "backup_run",
        id_column(),
        *of(String(16), "what"),
        *of(Text, "folder", "problem"),
        *of(INSTANT, "begun_at", index=True),
        *of(INSTANT, "ended_at", "made_at", null=True),
        *of(BigInteger, "size"),
        *of(Integer, "files"),
    )
