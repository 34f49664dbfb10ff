"""Where signals come from and how it is watched: lines, overrides, arming, supervision, on test."""

from alembic import op
from sqlalchemy import JSON, Boolean, Float, Integer, String, Text

from callflow.storage.migrations.columns import ID, INSTANT, add, index, keys, of, reference
from callflow.storage.schema.base import id_column

revision = "2026_11_25_lines_and_supervision"
down_revision = "2026_11_25_first_tables"


def upgrade() -> None:
    op.create_table(
        "event_override",
        reference("site_id", "site.id", key=True),
        *keys(String(16), "code", "zone"),
        *of(String(16), "kind", "category", null=True),
        *of(Integer, "priority", null=True),
        *of(Boolean, "opens", null=True),
    )
    op.create_table(
        "on_test",
        id_column(),
        reference("site_id", "site.id", index=True),
        *of(JSON, "zones", null=True),
        *of(Text, "reason", "set_by"),
        reference("contact_id", "contact.id", null=True),
        *of(INSTANT, "began_at", "ends_at"),
        *of(Integer, "extensions"),
        *of(INSTANT, "ended_at", null=True),
        *of(Text, "ended_by", null=True),
    )
    index("on_test", "ix_on_test_running", "ended_at", "ends_at")
    op.create_table(
        "partition",
        reference("account", "account.account", kind=String(16), key=True),
        *keys(String(16), "partition"),
        *of(Boolean, "armed"),
        *of(INSTANT, "since"),
        *of(String(16), "panel_user"),
    )
    op.create_table(
        "zone_trips",
        reference("account", "account.account", kind=String(16), key=True),
        *keys(String(16), "zone"),
        *of(Integer, "trips"),
        *of(INSTANT, "since"),
        *of(INSTANT, "shunted_at", null=True),
    )
    add(
        "account",
        *of(String(32), "last_line", default=""),
        *of(String(32), "line", "phone", null=True),
        *of(Float, "poll_every", "test_every", null=True),
        *of(INSTANT, "poll_since", "test_due", "arrival_due", null=True),
        *of(Boolean, "silent", "untested", default="0"),
    )
    add(
        "incident",
        *of(INSTANT, "alarm_at", "runaway_at", null=True),
        *of(ID, "storm_id", null=True),
    )
    index("incident", "ix_incident_storm_id", "storm_id")
    add(
        "signal",
        *of(String(32), "caller", default=""),
        *of(Text, "extra", default=""),
        *of(String(16), "treatment", default=""),
        *of(Boolean, "deferred", default="0"),
    )
    add(
        "site",
        *of(JSON, "schedule", null=True),
        *of(INSTANT, "schedule_due", null=True),
        *of(JSON, "rules", default="{}"),
    )
    index("site", "ix_site_schedule_due", "schedule_due")
