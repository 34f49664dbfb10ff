"""People: a second factor, sessions that a supervisor can end, an OIDC provider's subjects.

Sessions of before are ended: nobody knows where they were from.
"""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_11_27_2_people"
down_revision = "2026_11_27_1_staff"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("user_account") as batch:
        batch.add_column(sa.Column("disabled_at", UtcDateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("subject", sa.String(length=255), nullable=True))
        batch.add_column(sa.Column("totp", sa.Text(), nullable=True))
        batch.add_column(sa.Column("totp_step", sa.Integer(), server_default="0", nullable=False))
        batch.create_unique_constraint(op.f("uq_user_account_subject"), ["subject"])
    op.execute("DELETE FROM session")
    with op.batch_alter_table("session") as batch:
        batch.add_column(sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False))
        batch.add_column(sa.Column("address", sa.String(length=64), nullable=False))
        batch.add_column(sa.Column("browser", sa.Text(), nullable=False))
        batch.add_column(sa.Column("factor", sa.String(length=16), nullable=False))
    op.create_table(
        "passkey",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_passkey_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
    )
    op.create_index(op.f("ix_passkey_user_id"), "passkey", ["user_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_recovery_code_user_id")
        ),
        sa.PrimaryKeyConstraint("mac", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"], unique=False)
    op.create_table(
        "challenge",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_challenge_user_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_challenge")),
    )
    op.create_index(op.f("ix_challenge_user_id"), "challenge", ["user_id"], unique=False)
