"""People at the desks: shifts, roster, telephones, a second factor, spoken passwords, undo,
call-backs; the phone menu, what was said after a tone, people of firms with codes of their own.

Sessions of before are ended: nobody knows where they were from."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Boolean, Float, Integer, LargeBinary, String, Text

from callflow.storage.migrations.columns import ID, INSTANT, add, index, keys, of, reference
from callflow.storage.schema.base import id_column

revision = "2026_11_28_4_instruction_voice"
down_revision = "2026_11_26_9_queue_due"


def upgrade() -> None:
    add(
        "user_account",
        *of(JSON, "languages", default='["fr"]'),
        *of(JSON, "skills", default="[]"),
        *of(INSTANT, "disabled_at", null=True),
        *of(String(255), "subject", null=True),
        *of(Text, "totp", null=True),
        *of(Integer, "totp_step", default="0"),
    )
    op.create_table(
        "shift",
        id_column(),
        reference("user_id", "user_account.id", index=True),
        *of(INSTANT, "began_at"),
        *of(INSTANT, "ended_at", "attended_at", null=True),
        *of(Text, "note", default=""),
    )
    index("shift", "ix_shift_running", "ended_at")
    op.create_table(
        "presence",
        reference("user_id", "user_account.id", key=True),
        *of(String(16), "state"),
        *of(INSTANT, "since"),
        *of(INSTANT, "until", null=True),
        *of(String(16), "reason", default=""),
    )
    op.create_table(
        "phone",
        *keys(String(32), "name"),
        reference("user_id", "user_account.id", index=True),
        *of(String(16), "kind"),
        *of(String(32), "node"),
        *of(Text, "secret"),
        *of(ID, "session", null=True),
        *of(String(16), "state", default=""),
        *of(INSTANT, "created_at"),
        *of(INSTANT, "rendered_at", "ended_at", null=True),
    )
    with op.batch_alter_table("user_account") as batch:
        batch.create_unique_constraint("uq_user_account_subject", ["subject"])
    op.execute("DELETE FROM session")
    add(
        "session",
        *of(INSTANT, "seen_at"),
        *of(ID, "address"),
        *of(Text, "browser"),
        *of(String(16), "factor"),
    )
    op.create_table(
        "passkey",
        *keys(Text, "id"),
        reference("user_id", "user_account.id", index=True),
        *of(ID, "name"),
        *of(Text, "public_key"),
        *of(BigInteger, "sign_count"),
        *of(INSTANT, "created_at"),
        *of(INSTANT, "used_at", null=True),
    )
    op.create_table(
        "recovery_code", *keys(ID, "mac"), reference("user_id", "user_account.id", index=True)
    )
    op.create_table(
        "challenge",
        *keys(ID, "token_hash"),
        *of(String(16), "kind"),
        reference("user_id", "user_account.id", null=True, index=True),
        *of(JSON, "data"),
        *of(INSTANT, "expires_at"),
    )
    op.create_table(
        "roster",
        id_column(),
        *of(String(16), "part"),
        reference("user_id", "user_account.id", null=True, index=True),
        *of(ID, "name"),
        *of(String(32), "phone", null=True),
        *of(INSTANT, "begins_at", "made_at"),
        *of(INSTANT, "ends_at", index=True),
        *of(Text, "made_by"),
    )
    index("logbook", "ix_logbook_people", "who", "at", where="who <> 'callflow'")
    add(
        "image",
        *of(String(8), "take", default="still"),
        *of(Text, "link", "detail", default=""),
        *of(INSTANT, "begins_at", "ends_at", null=True),
    )
    add(
        "verification",
        reference("image_id", "image.id", null=True, named="fk_verification_image_id"),
        reference("call_id", "call.id", null=True, named="fk_verification_call_id"),
        *of(Text, "person", default=""),
        *of(INSTANT, "found_at", null=True),
    )
    index("verification", "ix_verification_image_id", "image_id")
    index("verification", "ix_verification_call_id", "call_id")
    add("service_report", *of(ID, "call_id", null=True), *of(Text, "script", default=""))
    add("incident", *of(Text, "reminder", default=""))
    add("site", *of(LargeBinary, "password", "duress_password", null=True))
    add("contact", *of(LargeBinary, "password", "duress_password", null=True))
    op.create_table(
        "undo",
        id_column(),
        *of(String(16), "kind"),
        *of(ID, "who", index=True),
        *of(INSTANT, "at"),
        *of(JSON, "incidents"),
        *of(INSTANT, "undone_at", null=True),
    )
    add(
        "call",
        *of(ID, "operator", default=""),
        *of(String(16), "mode", default="talk"),
        *of(Boolean, "held", "muted", default="0"),
        *of(JSON, "wanted", null=True),
        *of(INSTANT, "joined_at", "announced_at", null=True),
    )
    index("call", "ix_call_operator", "operator", "ended_at")
    add("call_action", *of(ID, "argument", default=""))
    op.create_table(
        "call_back",
        id_column(),
        *of(String(32), "number"),
        *of(String(32), "open_for", null=True, unique=True),
        reference("incident_id", "incident.id", null=True, index=True),
        *of(Integer, "called", "level", "tried"),
        *of(INSTANT, "first_at", "last_at"),
        *of(INSTANT, "due_at", null=True, index=True),
        *of(ID, "holder", "call_id", null=True),
        *of(INSTANT, "ended_at", null=True),
        *of(String(16), "result"),
        *of(Text, "ended_by", "text"),
    )
    index("call_back", "ix_call_back_open", "ended_at", "first_at")
    op.create_table(
        "code_guess",
        *keys(Integer, "id"),
        *of(ID, "site_id", null=True),
        *of(String(32), "caller"),
        *of(Float, "worth"),
        *of(INSTANT, "at", index=True),
    )
    index("code_guess", "ix_code_guess_site", "site_id", "at")
    index("code_guess", "ix_code_guess_caller", "caller", "at")
    op.create_table(
        "spoken",
        *keys(String(120), "name"),
        reference("call_id", "call.id", index=True, named="fk_spoken_call_id_call"),
        *of(Text, "path"),
        *of(ID, "sha256"),
        *of(Float, "duration"),
        *of(INSTANT, "said_at"),
        *of(INSTANT, "settled_at", "drafted_at", null=True),
        *of(Text, "draft", null=True),
    )
    op.create_table(
        "firm_member",
        reference("contact_id", "contact.id", key=True, named="fk_firm_member_contact_id_contact"),
        reference("firm_id", "contact.id", index=True, named="fk_firm_member_firm_id_contact"),
        *of(Text, "mail", default=""),
    )
    op.create_table(
        "visit",
        id_column(),
        reference("site_id", "site.id", index=True, named="fk_visit_site_id_site"),
        reference("contact_id", "contact.id", index=True, named="fk_visit_contact_id_contact"),
        reference("incident_id", "incident.id", null=True, named="fk_visit_incident_id_incident"),
        *of(INSTANT, "accepted_at"),
        *of(INSTANT, "on_site_at", "left_at", null=True),
    )
    add("measure", *of(String(16), "zone", default=""))
    with op.batch_alter_table("outbox") as batch:
        batch.alter_column("incident_id", existing_type=ID, nullable=True)
    add("outbox", reference("site_id", "site.id", null=True, named="fk_outbox_site_id_site"))
    add(
        "instruction",
        *of(String(120), "voice", null=True),
        *of(Text, "transcriber", null=True),
        *of(INSTANT, "transcribed_at", null=True),
    )
