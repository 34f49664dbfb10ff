"""Instructions left on the phone are in the list of call-backs until a person has seen to them."""

from callflow.storage.migrations.columns import add, index, reference

revision = "2026_11_28_5_instruction_to_hear"
down_revision = "2026_11_28_4_instruction_voice"


def upgrade() -> None:
    add(
        "call_back",
        reference(
            "instruction_id",
            "instruction.id",
            null=True,
            named="fk_call_back_instruction_id_instruction",
        ),
    )
    index("call_back", "ix_call_back_instruction_id", "instruction_id")
