"""Plans are withdrawn, and parts of a site taken away, with a reason; both can be brought back."""

from alembic import op
from sqlalchemy import JSON, Integer, LargeBinary, String, Text

from callflow.storage.migrations.columns import INSTANT, index, of, reference
from callflow.storage.schema.base import id_column

revision = "2026_11_30_7_removed_part"
down_revision = "2026_11_30_5_logbook_site"


def upgrade() -> None:
    op.create_table(
        "plan_withdrawal",
        id_column(),
        *of(Text, "withdrawn_by", "because"),
        *of(INSTANT, "withdrawn_at"),
    )
    op.create_table(
        "removed_part",
        id_column(),
        reference("site_id", "site.id", index=True),
        *of(String(16), "part"),
        *of(Text, "known_by", "reason", "removed_by"),
        *of(Integer, "place"),
        *of(JSON, "item"),
        *of(LargeBinary, "secret", null=True),
        *of(INSTANT, "removed_at"),
    )
    index("removed_part", "ix_removed_part_known_by", "part", "known_by")
