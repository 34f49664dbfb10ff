"""Contracts, retention and legal holds, tokens that end, erasure, maintenance firms, what codes
mean at the station, a site's own settings of a plan's steps.

People are taken out of everything: a salt goes into an entry's hash, and goes with them. Who was
given a password by somebody else replaces it (ASVS 6.4.1)."""

from alembic import op
from sqlalchemy import JSON, Boolean, Integer, LargeBinary, String, Text

from callflow.storage.migrations.columns import INSTANT, add, index, keys, of, reference
from callflow.storage.schema.base import id_column

revision = "2026_11_30_1_plan_overrides"
down_revision = "2026_11_28_5_instruction_to_hear"


def upgrade() -> None:
    add("logbook", *of(String(16), "salt", default=""))
    index("logbook", "ix_logbook_kind_at", "kind", "at")
    add("site", *of(INSTANT, "state_since", null=True), *of(JSON, "plan_overrides", default="{}"))
    op.create_table(
        "contract_change",
        id_column(),
        reference("site_id", "site.id"),
        *of(String(16), "state"),
        *of(Text, "reason", "made_by"),
        *of(INSTANT, "effective_at", "made_at"),
        *of(INSTANT, "done_at", null=True),
        *of(Text, "dropped_by", null=True),
    )
    index("contract_change", "ix_contract_change_site", "site_id", "effective_at")
    index("contract_change", "ix_contract_change_due", "done_at", "effective_at")
    op.create_table(
        "former_contact",
        id_column(),
        reference("site_id", "site.id", index=True),
        reference("contact_id", "contact.id", index=True),
        *of(String(16), "role"),
        *of(JSON, "authorities"),
        *of(Boolean, "keys_held"),
        *of(Text, "reason", "closed_by"),
        *of(INSTANT, "closed_at"),
        *of(INSTANT, "restored_at", null=True),
    )
    op.create_table(
        "retention",
        id_column(),
        *of(String(16), "what"),
        *of(Integer, "days"),
        *of(INSTANT, "since", "set_at"),
        *of(Text, "set_by"),
    )
    op.create_table(
        "legal_hold",
        id_column(),
        reference("incident_id", "incident.id", index=True),
        *of(Text, "reason", "placed_by"),
        *of(INSTANT, "placed_at"),
        *of(Text, "lifted_by", null=True),
        *of(INSTANT, "lifted_at", null=True, index=True),
    )
    op.create_table(
        "doomed_file",
        *keys(Integer, "number"),
        *of(String(16), "folder"),
        *of(String(32), "node"),
        *of(Text, "path"),
        *of(INSTANT, "since"),
    )
    index("recording", "ix_recording_kept", "checked_at", where="path <> ''")
    index("spoken", "ix_spoken_kept", "said_at", where="path <> ''")
    index("image", "ix_image_kept", "taken_at", where="path <> ''")
    add(
        "api_token",
        *of(Text, "made_by", default="cli"),
        *of(INSTANT, "expires_at", "used_at", "revoked_at", null=True),
        *of(Text, "revoked_by", null=True),
    )
    op.create_table(
        "erasure",
        id_column(),
        *of(INSTANT, "begun_at"),
        *of(Text, "begun_by", "reason"),
        *of(LargeBinary, "person", null=True),
        *of(JSON, "sites", "calls", "paths", "position", "nodes"),
        *of(Boolean, "found"),
        *of(Integer, "rows", "entries"),
        *of(INSTANT, "swept_at", null=True),
        *of(INSTANT, "done_at", null=True, index=True),
    )
    add(
        "guard_firm",
        *of(String(16), "part", default="guard"),
        *of(INSTANT, "closed_at", null=True),
        *of(Text, "closed_by", "closed_because", default=""),
    )
    op.create_table(
        "event_rule",
        *keys(String(16), "code"),
        *of(String(16), "kind", "category", null=True),
        *of(Integer, "priority", null=True),
        *of(Boolean, "opens", null=True),
        *of(Text, "set_by"),
        *of(INSTANT, "set_at"),
    )
    add("user_account", *of(INSTANT, "password_given_at", null=True))
    index("site_contact", "ix_site_contact_contact_id", "contact_id")
