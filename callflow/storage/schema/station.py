"""The people of the station, its settings and its processes."""

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

user = Table(
    "user_account",
    metadata,
    id_column(),
    Column("name", String(64), nullable=False, unique=True),  # what they log in by
    Column("shown_name", String(64), nullable=False, server_default=""),  # "": they have no other
    Column("role", String(16), nullable=False),
    Column("password", Text, nullable=False),  # argon2
    instant("password_given_at"),  # somebody else chose it then: they are to choose their own
    Column("language", String(8), nullable=False),
    # What calls may be brought to them: the languages they speak, and what else they know.
    Column("languages", JSON, nullable=False, server_default='["fr"]'),
    Column("skills", JSON, nullable=False, server_default="[]"),
    instant("created_at", null=False),
    instant("disabled_at"),  # since then they are let in nowhere
    Column("subject", String(255), nullable=True, unique=True),  # who they are to the OIDC provider
    Column("totp", Text, nullable=True),  # encrypted: the secret of their codes
    Column("totp_step", Integer, nullable=False, server_default="0"),  # the last one taken
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    reference("user_id", "user_account.id"),
    Column("csrf", String(64), nullable=False),
    instant("created_at", null=False),
    instant("expires_at", null=False),
    instant("seen_at", null=False),
    Column("address", String(64), nullable=False),
    Column("browser", Text, nullable=False),
    Column(
        "factor", String(16), nullable=False
    ),  # what else than a password: web/access/factors.py
)

#: A device that proves who somebody is (WebAuthn).
passkey = Table(
    "passkey",
    metadata,
    Column("id", Text, primary_key=True),  # the credential's, base64url
    reference("user_id", "user_account.id"),
    Column("name", String(64), nullable=False),
    Column("public_key", Text, nullable=False),  # base64url
    Column("sign_count", BigInteger, nullable=False),
    instant("created_at", null=False),
    instant("used_at"),
)

#: One more way in, once, for who lost the device: MACs of codes written down.
recovery_code = Table(
    "recovery_code",
    metadata,
    Column("mac", String(64), primary_key=True),
    reference("user_id", "user_account.id"),
)

#: What somebody was asked and has not answered yet: a log-in half done, a device being added.
challenge = Table(
    "challenge",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),  # factor, totp, passkey, oidc
    reference("user_id", "user_account.id", null=True),
    Column("data", JSON, nullable=False),
    instant("expires_at", null=False),
)

api_token = Table(
    "api_token",
    metadata,
    id_column(),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("name", Text, nullable=False),
    instant("created_at", null=False),
    Column("made_by", Text, nullable=False, server_default="cli"),
    # Whom a panel's token speaks for; null: it may open alarms for any account, and end none (D31).
    Column("accounts", JSON, nullable=True),
    instant("expires_at"),  # null: it ends when it is revoked
    instant("used_at"),  # last, written down every few seconds
    instant("revoked_at"),
    Column("revoked_by", Text, nullable=True),
)

setting = Table(
    "setting",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)

#: One row a process: several may have one role, on one machine or on several.
process = Table(
    "process",
    metadata,
    Column("name", String(192), primary_key=True),  # dispatch/identity.py
    Column("role", String(32), nullable=False, index=True),
    Column("node", String(32), nullable=False),
    Column("host", String(64), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("restarts", Integer, nullable=False),
    Column("relapses", Integer, nullable=False, server_default="0"),
    Column("state", JSON, nullable=False),
    instant("since", null=False),
    instant("steady_since", null=False),  # since then its beats came without a gap
    instant("beat_at", null=False),
)
