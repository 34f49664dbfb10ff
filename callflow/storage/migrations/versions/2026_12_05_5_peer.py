"""The inventory of the station: readings, organs' history and care, probes, checks, canaries; the
sound of a shift, what the backup station is told of."""

from alembic import op
from sqlalchemy import Boolean, Float, Integer, String, Text, UniqueConstraint

from callflow.storage.migrations.columns import ID, INSTANT, add, index, keys, of, reference
from callflow.storage.schema.base import id_column

revision = "2026_12_05_5_peer"
down_revision = "2026_12_04_3_backup_run"


def upgrade() -> None:
    add("organ", *of(Integer, "alarm", default="0"), *of(INSTANT, "alarm_at", null=True))
    op.create_table(
        "reading",
        *keys(String(256), "key"),
        *of(String(16), "part", "state", "unit"),
        *of(String(128), "name"),
        *of(ID, "node"),
        *of(String(32), "reason"),
        *of(Text, "detail"),
        *of(Float, "figure", "limit", null=True),
        *of(INSTANT, "at", "valid_until"),
        *of(Boolean, "vital", "elsewhere"),
    )
    op.create_table(
        "organ_point",
        *keys(String(256), "key"),
        *keys(INSTANT, "at"),
        *of(String(16), "state"),
        *of(Float, "figure", null=True),
        *of(Boolean, "changed"),
    )
    index("organ_point", "ix_organ_point_at", "at")
    op.create_table(
        "organ_care",
        *keys(String(16), "part"),
        *keys(String(128), "name"),
        *of(Text, "cost"),
        *of(ID, "keeper"),
        *of(String(32), "phone"),
    )
    op.create_table(
        "probe",
        id_column(),
        *of(ID, "name", "source"),
        *of(String(16), "part", "means", "unit"),
        *of(Text, "target", "asked", "secret"),
        *of(Integer, "every"),
        *of(Float, "warn", "fail", null=True),
        *of(Boolean, "below", "vital", "enabled"),
        UniqueConstraint("part", "name", name="uq_probe_part"),
    )
    op.create_table(
        "station_check",
        id_column(),
        *of(Text, "title", "text", "changed_by"),
        *of(String(16), "period", "who", "proof", "unit"),
        *of(Float, "lowest", "highest", null=True),
        *of(String(16), "source", "told", null=True),
        *of(ID, "subject"),
        *of(INSTANT, "since"),
        *of(INSTANT, "retired_at", "told_at", null=True),
        *of(ID, "last_id", null=True),
    )
    op.create_table(
        "check_done",
        id_column(),
        reference("check_id", "station_check.id"),
        *of(INSTANT, "at", index=True),
        *of(Text, "by", "remark"),
        *of(Boolean, "ok", "late"),
        *of(Float, "figure", null=True),
        *of(String(16), "unit"),
        reference("document_id", "document.id", null=True),
    )
    index("check_done", "ix_check_done_check_id_at", "check_id", "at")
    op.create_table(
        "canary",
        id_column(),
        *of(String(16), "trunk"),
        *of(String(32), "node", "shown"),
        *of(INSTANT, "asked_at", index=True),
        *of(String(128), "arrived"),
        *of(Boolean, "proved"),
        *of(Float, "heard_out", "heard_in", null=True),
        *of(INSTANT, "settled_at", null=True),
        *of(String(16), "state", null=True),
        *of(String(32), "reason", null=True),
    )
    add(
        "shift",
        *of(INSTANT, "sound_at", null=True),
        *of(String(16), "sound_fault", default=""),
        *of(Float, "sound_level", null=True),
    )
    op.create_table(
        "peer_notice",
        id_column(),
        reference("incident_id", "incident.id", index=True),
        *of(String(8), "stage"),
        *of(INSTANT, "asked_at", "due_at"),
        *of(INSTANT, "heard_at", "called_at", "ended_at", null=True),
        *of(Integer, "attempts"),
        *of(Text, "taken_by", "error"),
    )
    index("peer_notice", "ix_peer_notice_open", "due_at", where="ended_at IS NULL")
