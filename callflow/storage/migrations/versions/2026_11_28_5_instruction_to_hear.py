"""Instructions left on the phone are in the list of call-backs until a person has seen to them."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_5_instruction_to_hear"
down_revision = "2026_11_28_4_instruction_voice"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name = op.f("fk_call_back_instruction_id_instruction")
    with op.batch_alter_table("call_back") as batch:
        batch.add_column(sa.Column("instruction_id", sa.String(64), nullable=True))
        batch.create_foreign_key(name, "instruction", ["instruction_id"], ["id"])
    index = op.f("ix_call_back_instruction_id")
    op.create_index(index, "call_back", ["instruction_id"], unique=False)
